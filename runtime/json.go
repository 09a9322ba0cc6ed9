package runtime

import "github.com/scopegen/scopegen/runtime/internal/jsonvalue"

// UnmarshalJSON reads JSON into what v points to, as a call reads the body of a
// response: for the event of a webhook, or for a value that was stored. It is
// json.Unmarshal, but takes an integer in every form that JSON has for it (1.0, 1e3).
// encoding/json refuses these forms. Generated structs could mend that only with a
// method UnmarshalJSON each, which would make all decoding more than twice as slow.
func UnmarshalJSON(data []byte, v any) error { return jsonvalue.Unmarshal(data, v) }

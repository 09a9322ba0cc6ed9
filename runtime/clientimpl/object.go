package clientimpl

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"sort"

	"github.com/scopegen/scopegen/runtime/internal/jsonvalue"
)

// MarshalObject writes a generated struct that keeps members it has no field for:
// the fields of known, which is that struct without its methods, and behind them
// the members of additional, sorted by name. A member of additional that has a
// field is an error.
func MarshalObject[T any](known any, additional map[string]T) ([]byte, error) {
	text, err := jsonvalue.Marshal(known)
	if err != nil || len(additional) == 0 {
		return text, err
	}
	fields := shapeOf(reflect.TypeOf(known)).members
	out := bytes.TrimSuffix(text, []byte("}"))
	names := make([]string, 0, len(additional))
	for name := range additional {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if fields[name] != nil {
			return nil, fmt.Errorf("runtime: AdditionalProperties holds the member %q, which has a field of its own", name)
		}
		value, err := jsonvalue.Marshal(additional[name])
		if err != nil {
			return nil, err
		}
		key, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(append(out, key...), ':'), value...)
	}
	return append(out, '}'), nil
}

// UnmarshalObject reads a generated struct that keeps members it has no field for.
// known points to that struct without its methods, additional to its map of
// further members, which is left nil if there are none.
func UnmarshalObject[T any](data []byte, known any, additional *map[string]T) error {
	data, part := jsonvalue.Second(data)
	if string(data) == "null" {
		return nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	fields := shapeOf(reflect.TypeOf(known)).members
	var further map[string]T
	for name, text := range members {
		if fields[name] != nil {
			continue
		}
		var value T
		if err := jsonvalue.UnmarshalInside(part(text), &value); err != nil {
			return fmt.Errorf("member %q: %w", name, err)
		}
		if further == nil {
			further = make(map[string]T)
		}
		further[name] = value
		// encoding/json would take it for a field whose name differs in case alone.
		delete(members, name)
	}
	rest, err := json.Marshal(members)
	if err != nil {
		return err
	}
	if err := jsonvalue.UnmarshalInside(part(rest), known); err != nil {
		return err
	}
	*additional = further
	return nil
}

package runtime_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
)

// sequence serves a response of a media type.
func sequence(t *testing.T, contentType string, write func(http.ResponseWriter, *http.Request)) *things {
	return newThings(t, thingsAPI(), func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		write(w, r)
	})
}

func TestEachValueOfASequenceIsRead(t *testing.T) {
	alone(t)
	const lines, events, texts = "application/x-ndjson", "text/event-stream", "application/json-seq"
	for _, c := range []struct{ contentType, body, want string }{
		{lines, `{"id":"a"}` + "\n" + `{"id":"b"}` + "\n", "a b"},
		{lines, "\r\n" + `{"id":"a"}` + "\r\n\n  \n" + `{"id":"b"}`, "a b"},
		{"application/jsonl; charset=utf-8", `{"id":"a"}`, "a"},
		{lines, "", ""},
		{events, "data: {\"id\":\"a\"}\n\ndata:{\"id\":\"b\"}\n\n", "a b"},
		{events, "\xef\xbb\xbfdata: {\"id\":\"a\"}\r\n\r\n: comment\r\n\r\ndata: {\"id\":\"b\"}\r\n\r\n", "a b"},
		{events, "data: {\"id\":\"a\"}\r\rdata: {\"id\":\"b\"}\r\r", "a b"},
		{events, "event: change\nid: 7\nretry: 10\ndata: {\ndata: \"id\":\"a\"}\n\nevent: ping\n\ndata\n\ndata:\n\n", "a"},
		{events, "data: {\"id\":\"a\"}\n\ndata: [DONE]\n\ndata: {\"id\":\"b\"}\n\n", "a"},
		{events, "data: {\"id\":\"a\"}\n\ndata: {\"id\":\"b\"}", "a b"},
		{texts, "\x1e{\"id\":\"a\"}\n\x1e{\n \"id\":\n\"b]}\\\"\"}\n", `a b]}"`},
		{texts, "\x1e{\"id\":\x1e{\"id\":\"a\"}\n\x1e\x1e\n\x1e{\"id\":\n\x1e{\"id\":\"b\"}", "!"},
		{texts, "\x1e{\"id\":\"a\"}\x1e\x1e\n\x1e\n{\"id\":\"b\"}\n", "a b"},
		{"application/geo+json-seq", "\x1e{\"id\":\"a\"}", "a"},
		{lines, `{"id":"a"}` + "\n" + `{"id":1}` + "\n" + `{"id":"b"}`, "a !"},
		{events, "data: {\"id\":\"a\"}\n\ndata: {\n\n", "a !"},
		{lines, `"` + strings.Repeat("x", 4<<20) + `"`, "!"},
		{events, "data: {\"id\":\"a\"}\n\n" + strings.Repeat("data: 0123456789\n", 400_000), "a !"},
		{texts, strings.Repeat("[\n", 3<<20), "!"},
		{"application/json", `{"id":"a"}`, "!"},
		{"", `{"id":"a"}`, "!"},
	} {
		s := sequence(t, c.contentType, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, c.body) })
		values := runtime.DoValues[thing](t.Context(), s.reader(), s.get("a"))
		for range 2 { // each loop makes a call
			var got []string
			for v, err := range values {
				if err != nil {
					require.ErrorContains(t, err, "get_thing")
					got = append(got, "!")
					continue
				}
				got = append(got, v.ID)
			}
			require.Equal(t, c.want, strings.Join(got, " "), "%s %.100q", c.contentType, c.body)
		}
	}
}

func TestAnEventTellsItsNameAndTheLastID(t *testing.T) {
	const body = "event: made\nid: 7\ndata: {\"id\":\"a\"}\n\ndata: {\"id\":\"b\"}\n\nevent: ping\nid: 8\n\nid:x\x00\nevent:gone\ndata: {\"id\":\"c\"}\n\n"
	for end, last := range map[string]string{
		"":                 "8",
		"id\n\n":           "",  // takes the id back
		"id: 9\ndata: {\"": "8", // breaks off within an event
	} {
		s := sequence(t, "text/event-stream", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, body+end)
			if strings.HasPrefix(end, "id: 9") {
				_ = http.NewResponseController(w).Flush()
				panic(http.ErrAbortHandler)
			}
		})
		event := runtime.Event{ID: "of another call"}
		var got []string
		for v, err := range runtime.DoValues[thing](t.Context(), s.reader(), s.get("a"), runtime.WithEvent(&event)) {
			if err != nil {
				got = append(got, "!")
				continue
			}
			got = append(got, v.ID+" "+event.Name+" "+event.ID)
		}
		require.Equal(t, []string{"a made 7", "b  7", "c gone 8"}, got[:3], "%q", end)
		require.Equal(t, last, event.ID, "%q", end)
	}
	s := sequence(t, "application/jsonl", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"id":"a"}`) })
	event := runtime.Event{Name: "x", ID: "of another call"}
	for _, err := range runtime.DoValues[thing](t.Context(), s.reader(), s.get("a"), runtime.WithEvent(&event)) {
		require.NoError(t, err)
	}
	require.Equal(t, runtime.Event{}, event)
}

func TestAResponseWithoutContentHasNoValues(t *testing.T) {
	s := newThings(t, thingsAPI(), func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	for range runtime.DoValues[thing](t.Context(), s.reader(), s.get("a")) {
		require.Fail(t, "there is none")
	}
}

func TestAValueIsReadWhenItHasArrivedAndLeavingTheLoopEndsTheCall(t *testing.T) {
	for contentType, text := range map[string]string{
		"text/event-stream": "data: {\"id\":\"a\"}\r\r", "application/jsonl": "{\"id\":\"a\"}\n", "application/json-seq": "\x1e{\"id\":\"a\"}\n",
	} {
		ended := make(chan struct{})
		s := sequence(t, contentType, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, text)
			w.(http.Flusher).Flush()
			<-r.Context().Done() // the server sends no more, and waits for the client to leave
			close(ended)
		})
		for v, err := range runtime.DoValues[thing](t.Context(), s.reader(), s.get("a")) {
			require.NoError(t, err)
			require.Equal(t, "a", v.ID)
			break
		}
		<-ended
	}
}

func TestASequenceEndsWithTheErrorThatEndsIt(t *testing.T) {
	s := sequence(t, "application/jsonl", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "{\"id\":\"a\"}\n")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler) // the connection breaks
	})
	var errs []error
	for _, err := range runtime.DoValues[thing](t.Context(), s.reader(), s.get("a")) {
		errs = append(errs, err)
	}
	require.Len(t, errs, 2)
	require.NoError(t, errs[0])
	require.ErrorIs(t, errs[1], io.ErrUnexpectedEOF)

	refused := newThings(t, thingsAPI(), func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	for _, err := range runtime.DoValues[thing](t.Context(), refused.reader(), refused.get("a")) {
		require.ErrorAs(t, err, new(*runtime.Error))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range runtime.DoValues[thing](ctx, refused.reader(), refused.get("a")) {
		require.ErrorIs(t, err, context.Canceled)
	}
}

package main

import (
	"strings"
	"testing"
)

func TestEachAttemptIsASpanOfTheCallersTrace(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`user {"id":"36e6e1b2-0e0e-4a5c-9d8e-8a8a6a5f7c11"}`,
		"span HTTP GET 503 in trace of the report: true\n",
		"span HTTP GET 200 in trace of the report: true\n",
		"span nightly report in trace of the report: true\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the output lacks %q:\n%s", want, out.String())
		}
	}
}

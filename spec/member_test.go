package spec_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/spec"
)

func TestANameInAPathMayHaveDots(t *testing.T) {
	for _, tt := range []struct {
		path       string
		names      []string
		name, rest string
	}{
		{"next", []string{"next"}, "next", ""},
		{"meta.next", []string{"meta", "next"}, "meta", "next"},
		{"@odata.nextLink", []string{"@odata.nextLink"}, "@odata.nextLink", ""},
		{"@odata.meta.next.link", []string{"@odata", "@odata.meta"}, "@odata.meta", "next.link"}, // the longest
		{"meta.next", nil, "meta", "next"},                                                       // for the message that there is none
	} {
		name, rest := spec.CutMember(tt.path, func(name string) bool { return slices.Contains(tt.names, name) })
		require.Equal(t, []string{tt.name, tt.rest}, []string{name, rest}, tt.path)
	}
}

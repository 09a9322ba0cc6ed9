package write_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/internal/catalogue/write"
)

// What is encoded in batches is the text that the encoder makes of the whole.
func TestALongDocumentIsEncodedAsAShortOne(t *testing.T) {
	var text bytes.Buffer
	text.WriteString("# of the whole\nempty: {}\nnone: []\nflow: {a: 1, b: [2, 3]}\noperations:\n")
	for i := range 200 {
		fmt.Fprintf(&text, "  # of %[1]d\n  - id: op%[1]d # beside\n    text: |-\n      two\n\n      lines of %[1]d\n    more: \" \\n\\n x\"\n    list: [a, {b: c}]\n", i)
	}
	text.WriteString("types:\n")
	for i := range 200 {
		fmt.Fprintf(&text, "  \"%[1]d\":\n    type: object\n    properties:\n      - \"yes\"\n      - - 1\n        - 2\n    text: |2\n        deep\n      less\n", i)
	}
	text.WriteString("scalar: 7\n")
	var document yaml.Node
	require.NoError(t, yaml.Unmarshal(text.Bytes(), &document))
	var want bytes.Buffer
	encoder := yaml.NewEncoder(&want)
	encoder.SetIndent(2)
	require.NoError(t, encoder.Encode(document.Content[0]))
	require.NoError(t, encoder.Close())
	got, err := write.Document(document.Content[0])
	require.NoError(t, err)
	require.Equal(t, want.String(), string(got))
	got, err = write.Document(&yaml.Node{Kind: yaml.MappingNode})
	require.NoError(t, err)
	require.Equal(t, "{}\n", string(got))
}

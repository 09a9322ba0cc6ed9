package spec_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/spec"
)

func TestTreesAreACatalogueAsTextsAre(t *testing.T) {
	tree := func(text string) *yaml.Node {
		var document yaml.Node
		require.NoError(t, yaml.Unmarshal([]byte(text), &document))
		return document.Content[0]
	}
	trees := map[string]*yaml.Node{
		"scopes.yaml":     tree("api: {name: shop, title: Shop}\nservers: {test: https://api.example.com}\ngroups: [{title: Orders, scopes: [{scope: orders:read, permits: Reads orders.}]}]\ninclude: [orders/all.yaml]\n"),
		"orders/all.yaml": tree("operations:\n  - id: list_orders\n    method: GET\n    path: /orders\n    requires: {scope: orders:read}\n    responses: {204: {}}\n"),
	}
	c, findings := spec.LoadTrees(trees, "scopes.yaml")
	require.NoError(t, findings.Err())
	require.Equal(t, []string{"scopes.yaml", "orders/all.yaml"}, c.Files)
	require.Len(t, c.Operations, 1)
	require.Equal(t, spec.Position{File: "orders/all.yaml", Line: 2, Column: 5}, c.Operations[0].Pos)

	delete(trees, "orders/all.yaml")
	_, findings = spec.LoadTrees(trees, "scopes.yaml")
	require.ErrorContains(t, findings.Err(), `"orders/all.yaml" cannot be read: there is no such file`)
}

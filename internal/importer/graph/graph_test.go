package graph_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/importer/graph"
	"github.com/scopegen/scopegen/internal/importer/openapi"
)

// The document of Graph and its file spell one call in several ways.
func TestPathsOfTheDocumentAreThoseOfTheFile(t *testing.T) {
	p, err := graph.Read("permissions.json", []byte(`{"permissions": {"A.Read": {"authorizationType": "oAuth2", "schemes": {"Application": {}},
	"pathSets": [{"schemeKeys": ["Application"], "methods": ["GET"], "paths": {
	  "/devices(deviceid={value})": "", "/chats/getallmessages": "", "/callRecords/getDirectRoutingCalls(from={value},to={value})": "", "/users/{id}/": "", "/items/{id}/range(address={value})/clear": ""}}]}}}`), "Application")
	require.NoError(t, err)
	for _, path := range []string{
		"/devices(deviceId='{deviceId}')", "/chats/microsoft.graph.getAllMessages()", "/users/{user-id}",
		"/callRecords/microsoft.graph.callRecords.getDirectRoutingCalls(from={from},to={to})", "/items/{item-id}/microsoft.graph.range(address='{address}')/microsoft.graph.clear",
	} {
		_, ok := p.Requirement("GET", path)
		require.True(t, ok, path)
		_, ok = p.Requirement("PUT", path)
		require.False(t, ok, path)
	}
	_, ok := p.Requirement("GET", "/users/{user-id}/manager")
	require.False(t, ok)
	require.Zero(t, p.Unasked())
}

func TestThePublishedFileIsReadWhole(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("../../../../shared/corpus/msgraph/permissions.json"))
	if err != nil {
		t.Skip("the corpus of documents is not beside this repository")
	}
	for name, want := range map[string]int{"Application": 662, "DelegatedWork": 739, "DelegatedPersonal": 54} {
		p, err := graph.Read("permissions.json", text, name)
		require.NoError(t, err)
		require.Len(t, p.Scopes, want, name)
		r, ok := p.Requirement("GET", "/me")
		require.Equal(t, name != "Application", ok)
		if ok {
			require.Contains(t, r.Least, "User.Read")
			require.Equal(t, []string{"User.Read"}, r.Sets[0])
		}
	}
}

// A file is read or refused, and what it requires can always be imported.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"permissions": {"A.Read": {"authorizationType": "oAuth2", "schemes": {"Application": {"privilegeLevel": 1}}, "pathSets": [{"schemeKeys": ["Application"], "methods": ["GET"], "paths": {"/a": "least=Application;AlsoRequires=B"}}]}}}`))
	f.Add([]byte("permissions:\n  A:\n    authorizationType: oAuth2\n    schemes: {Application: {}}\n    pathSets: [{schemeKeys: [Application], methods: [get], paths: {'/{': x=}}]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := graph.Read("permissions.json", text, "Application")
		if err != nil {
			return
		}
		document := []byte(`{"openapi": "3.0.3", "info": {"title": "A"}, "servers": [{"url": "https://a.example.com"}], "paths": {"/a": {"get": {"responses": {"204": {"description": ""}}}}}}`)
		result, err := openapi.Import(fstest.MapFS{"a.json": {Data: document}}, "a.json", openapi.Options{Scopes: p.Scopes, Required: p.Requirement})
		require.NoError(t, err)
		require.NotEmpty(t, result.Files)
	})
}

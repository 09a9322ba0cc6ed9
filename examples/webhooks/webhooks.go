// Package webhooks keeps the webhooks of a folder, with clients of the Webhooks API of
// Autodesk Platform Services.
//
// The API is described in openapi.yaml, from which `scopegen import openapi` made the
// folder catalogue. There, by hand, came the names of methods and of the client that
// changes webhooks, how lists are paged, which members are secret, and that a change has
// a body. A later import keeps all of it.
package webhooks

//go:generate go tool scopegen generate --catalogue catalogue/scopes.yaml

import (
	"context"
	"encoding/json"
	"fmt"

	"example.com/consumer/webhooks/autodesk/data"
	"example.com/consumer/webhooks/autodesk/scope"
	"github.com/scopegen/scopegen/runtime"
)

// Keeper may read webhooks and change them: the API asks for both scopes at each change.
type Keeper interface {
	scope.DataRead
	scope.DataWrite
}

// Watch makes sure that callback is called when a version of a file in the folder with
// the URN folder is added. It reports whether it had to create a webhook for that.
func Watch(ctx context.Context, token runtime.Token[Keeper], folder, callback string) (created bool, err error) {
	const system, event = "data", "dm.version.added"
	// These calls carry an access token for data:read alone.
	for hook, err := range data.NewReader(token).ListEventHooks(ctx, system, event, data.ListEventHooksParams{}) {
		if err != nil {
			return false, fmt.Errorf("looking for a webhook of %s: %w", folder, err)
		}
		if hook.Scope != nil && hook.Scope.Folder.Or("") == folder && hook.CallbackURL.Or("") == callback {
			return false, nil
		}
	}
	urn, err := json.Marshal(folder)
	if err != nil {
		return false, err
	}
	err = data.NewEditor(token).CreateHook(ctx, system, event, data.CreateHookParams{}, data.HookPayload{
		CallbackURL: callback,
		Scope:       map[string]json.RawMessage{"folder": urn},
	})
	if err != nil {
		return false, fmt.Errorf("watching %s: %w", folder, err)
	}
	return true, nil
}

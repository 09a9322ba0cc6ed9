package program

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// OverlayFlag writes files for the go command, which then takes their content
// instead of what is on disk, and returns the flag that says so. Remove removes
// them again.
//
// Package packages has overlays of its own, but then type-checks everything from
// its sources, the standard library too.
func OverlayFlag(overlay map[string][]byte) (flag string, remove func(), err error) {
	dir, err := os.MkdirTemp("", "scopegen")
	if err != nil {
		return "", nil, err
	}
	remove = func() { _ = os.RemoveAll(dir) } // what stays is in the folder for such files
	replaced := map[string]string{}
	for i, name := range slices.Sorted(maps.Keys(overlay)) {
		replaced[name] = filepath.Join(dir, fmt.Sprint(i, ".go"))
		if err == nil {
			err = os.WriteFile(replaced[name], overlay[name], 0o600)
		}
	}
	text, encoding := json.Marshal(map[string]any{"Replace": replaced})
	if err == nil {
		err = encoding
	}
	list := filepath.Join(dir, "overlay.json")
	if err == nil {
		err = os.WriteFile(list, text, 0o600)
	}
	if err != nil {
		remove()
		return "", nil, err
	}
	return "-overlay=" + list, remove, nil
}

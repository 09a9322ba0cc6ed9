package main

import (
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/scopegen/scopegen/diag"
)

// printGitHub prints findings as annotations of a pull request. GitHub looks for their
// files in the folder that its job has checked out, wherever the command runs.
func printGitHub(w io.Writer, l diag.List) error {
	below := belowWorkspace()
	l = slices.Clone(l)
	for i, d := range l {
		if d.Pos.File != "" && !filepath.IsAbs(d.Pos.File) {
			l[i].Pos.File = path.Join(below, filepath.ToSlash(d.Pos.File))
		}
	}
	return diag.GitHub(w, l)
}

// belowWorkspace returns where the working directory is below the folder that a job of
// GitHub has checked out, or "" if it is not.
func belowWorkspace() string {
	root := os.Getenv("GITHUB_WORKSPACE")
	dir, err := os.Getwd()
	if root == "" || err != nil {
		return ""
	}
	below, err := filepath.Rel(root, dir)
	if err != nil || !filepath.IsLocal(below) {
		return ""
	}
	return filepath.ToSlash(below)
}

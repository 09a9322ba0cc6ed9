package audit

import (
	"net/url"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/scopegen/scopegen/diag"
)

// Links returns what links positions to the sources that a CI job of GitHub or
// GitLab has checked out, and to nothing outside such a job. Names of files are
// relative to dir, which is absolute. env returns a variable of the environment.
func Links(dir string, env func(string) string) func(diag.Position) string {
	var base, root string
	switch {
	case env("GITHUB_REPOSITORY") != "" && env("GITHUB_SHA") != "":
		base, root = env("GITHUB_SERVER_URL")+"/"+env("GITHUB_REPOSITORY")+"/blob/"+env("GITHUB_SHA"), env("GITHUB_WORKSPACE")
	case env("CI_PROJECT_URL") != "" && env("CI_COMMIT_SHA") != "":
		base, root = env("CI_PROJECT_URL")+"/-/blob/"+env("CI_COMMIT_SHA"), env("CI_PROJECT_DIR")
	}
	none := func(diag.Position) string { return "" }
	address, err := url.Parse(base)
	if err != nil || address.Scheme != "https" && address.Scheme != "http" || address.Host == "" || strings.ContainsAny(base, "()<>\"'`|\\ ") {
		return none
	}
	below, err := filepath.Rel(root, dir)
	if err != nil || root == "" {
		return none
	}
	return func(pos diag.Position) string {
		name := path.Join(filepath.ToSlash(below), pos.File)
		if pos.File == "" || path.IsAbs(pos.File) || filepath.IsAbs(pos.File) || !filepath.IsLocal(filepath.FromSlash(name)) {
			return ""
		}
		link := base
		for element := range strings.SplitSeq(name, "/") {
			link += "/" + strings.ReplaceAll(url.PathEscape(element), "@", "%40") // a mention, to some
		}
		if pos.Line > 0 {
			link += "#L" + strconv.Itoa(pos.Line)
		}
		return link
	}
}

package table

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// columns returns what the columns of a grid hold, and reports whether one holds
// scopes. It refuses a grid in which two columns hold scopes.
func (r *reader) columns(g grid) (roles, bool) {
	if r.options.Column != "" {
		at := g.columnCalled(r.options.Column)
		if at < 0 {
			return roles{}, false
		}
		ro, _ := g.roles()
		for _, role := range []*int{&ro.child, &ro.text, &ro.parent, &ro.includes, &ro.group} {
			if *role == at {
				*role = -1
			}
		}
		ro.scope, ro.named, ro.instead = at, true, -1
		// Beside a column that a person has named, no other holds scopes.
		if ro.child >= 0 && !strings.Contains(headerText(g, ro.child), "child") && !strings.Contains(headerText(g, ro.child), "sub") {
			ro.child = -1
		}
		if ro.text < 0 {
			g.columnOfText(&ro)
		}
		if ro.text >= 0 && g.holdsScopes(ro.text, false) {
			ro.text, ro.longest = -1, false
		}
		return ro, true
	}
	ro, ok := g.roles()
	if !ok || g.aboutParameters(ro) {
		return ro, false
	}
	if marked := g.codeMarked(ro); marked >= 0 {
		if ro.text == marked {
			ro.text = -1
		}
		if ro.child == marked {
			ro.child = -1
		}
		ro.scope, ro.instead = marked, ro.scope
		if ro.text < 0 {
			g.columnOfText(&ro)
		}
	}
	if rival := g.rival(ro); rival >= 0 {
		r.refuse("two-columns", g.line, fmt.Sprintf("two columns of this table hold scopes: %s and %s", g.column(ro.scope), g.column(rival)), "choose one with --column, by its header or its number", nil)
	}
	return ro, true
}

// headerText returns the header of a column in lower case, or "".
func headerText(g grid, column int) string {
	if column < len(g.header) {
		return strings.ToLower(g.header[column].text)
	}
	return ""
}

// columnCalled returns the column with this header or number, or -1.
func (g grid) columnCalled(name string) int {
	for i, c := range g.header {
		if strings.EqualFold(c.text, name) {
			return i
		}
	}
	if n, err := strconv.Atoi(name); err == nil && n >= 1 && n <= g.width() {
		return n - 1
	}
	return -1
}

// codeMarked returns the column of code-marked names beside a column of bare
// words that roles took for the scopes, or -1: the marked names are meant.
func (g grid) codeMarked(ro roles) int {
	if bare, _ := g.marks(ro.scope); !bare {
		return -1
	}
	for i := range g.width() {
		if i == ro.scope || i == ro.parent || i == ro.includes || i == ro.group {
			continue
		}
		if _, marked := g.marks(i); marked {
			return i
		}
	}
	return -1
}

// marks reports whether a column holds bare words that nothing shows to be
// scopes, and whether it holds code-marked names, no two of them equal, that
// its header or their form shows to be.
func (g grid) marks(column int) (bare, marked bool) {
	words, codes, filled, evidently := 0, 0, 0, 0
	seen := map[string]bool{}
	for _, row := range g.rows {
		if column >= len(row.cells) || row.cells[column].empty() || row.wide || len(row.filled()) < 2 {
			continue
		}
		filled++
		c := row.cells[column]
		if len(c.codes) == 0 {
			if !evidentCell(c) {
				words++
			}
			continue
		}
		if len(c.codes) == 1 && c.around == "" && !seen[c.codes[0]] {
			codes++
			seen[c.codes[0]] = true
			if evident(c.codes[0]) {
				evidently++
			}
		}
	}
	role := headerRole(headerText(g, column))
	marked = filled > 0 && codes == filled && (evidently*2 > filled || role == "scope" || role == "name" || strings.Contains(headerText(g, column), "value"))
	return filled > 0 && words*2 > filled, marked
}

// rival returns a column that holds scopes as well as the one that roles took,
// or -1.
func (g grid) rival(ro roles) int {
	for i := range g.width() {
		if i == ro.scope || i == ro.parent || i == ro.includes || i == ro.group || i == ro.text && i != ro.scope && !g.holdsScopes(i, false) {
			continue
		}
		if h := headerRole(headerText(g, i)); h == "other" || h == "text" {
			continue
		}
		if i == ro.child {
			// Children stand in the column of their own where the parent's is
			// empty, or below a header that says so.
			if h := headerText(g, i); strings.Contains(h, "child") || strings.Contains(h, "sub") || !g.bothFilled(ro.scope, i) {
				continue
			}
			return i
		}
		if g.holdsScopes(i, false) && g.bothFilled(ro.scope, i) {
			return i
		}
	}
	return -1
}

// bothFilled reports whether most rows that fill one of two columns fill both.
func (g grid) bothFilled(a, b int) bool {
	both, either := 0, 0
	for _, row := range g.rows {
		x := a < len(row.cells) && !row.cells[a].empty()
		y := b < len(row.cells) && !row.cells[b].empty()
		if x || y {
			either++
		}
		if x && y {
			both++
		}
	}
	return both*2 > either
}

// oauthParameters are the names that RFC 6749, RFC 7636, RFC 7009 and OpenID
// Connect give to parameters of requests and responses.
var oauthParameters = []string{
	"access_token", "audience", "assertion", "client_assertion", "client_assertion_type", "client_id", "client_secret", "code", "code_challenge",
	"code_challenge_method", "code_verifier", "error", "error_description", "error_uri", "expires_in", "grant_type", "id_token", "nonce", "password", "prompt",
	"redirect_uri", "refresh_token", "response_mode", "response_type", "scope", "state", "token", "token_type", "token_type_hint", "username",
}

// aboutParameters reports whether a grid describes parameters rather than scopes.
func (g grid) aboutParameters(ro roles) bool {
	if strings.Contains(headerText(g, ro.scope), "scope") {
		return false
	}
	kind, required := false, false
	for _, c := range g.header {
		switch strings.ToLower(c.text) {
		case "type", "data type":
			kind = true
		case "required", "required?", "mandatory", "optional":
			required = true
		}
	}
	known, names := 0, 0
	for _, row := range g.rows {
		if ro.scope >= len(row.cells) {
			continue
		}
		found, _ := row.cells[ro.scope].names()
		for _, n := range found {
			names++
			if slices.Contains(oauthParameters, n) {
				known++
			}
		}
	}
	return kind && required || known*2 > names || known > 2
}

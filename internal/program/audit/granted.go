package audit

import (
	"slices"

	"github.com/scopegen/scopegen/diag"
)

// Granted adds a finding for each reachable scope that is not among those that
// the API granted, as the named file says.
func (r *Result) Granted(name string, granted []string) {
	for _, root := range r.Roots {
		for _, a := range root.APIs {
			for _, s := range a.Scopes {
				if slices.Contains(granted, s.Scope) {
					continue
				}
				d := diag.Diagnostic{Severity: diag.Error, Code: "SG1003", Hint: "have it granted to the client, or remove the calls",
					Message: root.Name() + " can reach " + s.Scope + ", which " + name + " does not grant"}
				if len(s.Operations) > 0 {
					d.Pos = s.Operations[0].Sites[0].Pos
					r.witnesses[findingKey{d.Code, d.Pos, d.Message}] = s.Operations[0].Witness
				} else if len(s.Raw) > 0 {
					d.Pos = s.Raw[0].Pos
				}
				r.Findings = append(r.Findings, d)
			}
		}
	}
	r.sort()
}

package plan

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/scopegen/scopegen/internal/diag"
	"github.com/scopegen/scopegen/spec"
)

// aliases plans the deprecated names that a renamed scope leaves behind: of
// its type, its client, the constructor, and of everything in its package if
// that is called otherwise now.
func (b *builder) aliases() {
	whole := map[[2]*Package]bool{}
	old := map[string]string{"All": "the function All"} // aliases in package scope, and what has each
	for _, info := range b.allScopes() {
		for _, former := range info.spec.RenamedFrom {
			if name := b.scopeName(former.Value); name != "" && name != info.scope.GoName {
				taken := old[name]
				if now := b.scopeCalled(name); now != nil {
					taken = fmt.Sprintf("the scope %q", now.spec.Name)
				}
				if taken != "" {
					b.warn("renamed-name-taken", former.Pos, "%s has the Go name %s now, so no alias for the old name %q is generated", taken, name, former.Value)
				} else {
					old[name] = fmt.Sprintf("an alias for the old name %q", former.Value)
					info.scope.Renamed = append(info.scope.Renamed, name)
				}
			}
			if info.used {
				b.moveClient(info, former, whole)
			}
		}
	}
}

func (b *builder) moveClient(info *scopeInfo, old spec.Text, whole map[[2]*Package]bool) {
	about, action := topic(old.Value)
	oldName, oldClient := b.domain(about), b.names.client(action)
	home := b.pkg(info.pkgName)
	if packageName(about) == "" || info.spec.Domain != "" && info.spec.Client != "" {
		return // both names are the catalogue's own, which a renamed scope keeps
	}
	if info.spec.Domain != "" {
		oldName = info.pkgName
	}
	if info.spec.Client != "" {
		oldClient = info.client
	}
	if oldName == info.pkgName && oldClient == info.client {
		return
	}
	from := b.pkg(oldName)
	add := func(m Moved) {
		first, taken := b.claims[from][m.Old]
		if m.Kind == "client" && !taken {
			first, taken = b.claims[from]["New"+m.Old]
		}
		if taken {
			b.warn("renamed-name-taken", old.Pos, "%s.%s is %s now, so no alias for what the scope %q had there is generated", from.Name, m.Old, first.what, old.Value)
			return
		}
		b.claim(from, m.Old, old.Pos, "an alias")
		if m.Kind == "client" {
			b.claim(from, "New"+m.Old, old.Pos, "an alias")
		}
		m.NewPath = home.ImportPath
		from.Moved = append(from.Moved, m)
	}
	add(Moved{Old: oldClient, New: info.client, Kind: "client", Scope: info.scope.GoName, OldScope: old.Value})
	if from == home || whole[[2]*Package{from, home}] {
		return
	}
	whole[[2]*Package{from, home}] = true
	// In the order of names: the types come in the catalogue's, which says nothing here.
	types := slices.SortedFunc(slices.Values(home.Types), func(x, y *Type) int { return cmp.Compare(x.Name, y.Name) })
	for _, t := range types {
		add(Moved{Old: t.Name, New: t.Name, Kind: "type"})
		for _, v := range t.Values {
			add(Moved{Old: v.GoName, New: v.GoName, Kind: "const"})
		}
	}
}

func (b *builder) scopeCalled(name string) *scopeInfo {
	for _, info := range b.scopes {
		if info.scope.GoName == name {
			return info
		}
	}
	return nil
}

func (b *builder) warn(code string, pos spec.Position, format string, args ...any) {
	b.errorf(code, pos, format, args...).d.Severity = diag.Warning
}

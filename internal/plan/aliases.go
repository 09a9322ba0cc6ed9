package plan

import (
	"cmp"
	"slices"

	"github.com/scopegen/scopegen/internal/diag"
	"github.com/scopegen/scopegen/spec"
)

// aliases plans the deprecated names that a renamed scope leaves behind: of
// its type, its client, the constructor, and of everything in its package if
// that is called otherwise now.
func (b *builder) aliases() {
	whole := map[[2]*Package]bool{}
	for _, info := range b.allScopes() {
		for _, old := range info.spec.RenamedFrom {
			if name := b.scopeName(old.Value); name != "" && name != info.scope.GoName {
				if taken := b.scopeCalled(name); taken != nil {
					b.warn("renamed-name-taken", old.Pos, "the scope %q has the Go name %s now, so no alias for the old name %q is generated", taken.spec.Name, name, old.Value)
				} else {
					info.scope.Renamed = append(info.scope.Renamed, name)
				}
			}
			if info.used {
				b.moveClient(info, old, whole)
			}
		}
	}
}

func (b *builder) moveClient(info *scopeInfo, old spec.Text, whole map[[2]*Package]bool) {
	about, action := topic(old.Value)
	oldName, oldClient := packageName(about), b.names.client(action)
	home := b.pkg(info.pkgName)
	if oldName == "" || info.spec.Domain != "" && info.spec.Client != "" {
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
		if first, ok := b.claims[from][m.Old]; ok {
			b.warn("renamed-name-taken", old.Pos, "%s.%s is %s now, so no alias for what the scope %q had there is generated", from.Name, m.Old, first.what, old.Value)
			return
		}
		b.claim(from, m.Old, old.Pos, "an alias")
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

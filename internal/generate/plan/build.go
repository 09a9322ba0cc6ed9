package plan

import (
	"cmp"
	"maps"
	"slices"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/spec"
)

// builder holds the state that the steps of Build share.
type builder struct {
	catalogue *spec.Catalogue
	names     namer
	diags     diag.List
	plan      *Plan
	root      string // import path of the entry package

	scopes      map[string]*scopeInfo
	packages    map[string]*Package
	payload     *Package // of types that no operation uses, nil while there is none
	types       map[string]*typeInfo
	used        map[*spec.Operation]map[*Package]bool
	claims      map[*Package]map[string]claim
	index       map[Ref]*Type        // every declared type
	headers     map[string]Ref       // constants of header fields, by their names in lower case
	namedInline map[Ref]*spec.Schema // inline types that the catalogue names
	sets        []*setClient

	imported map[string]bool // names under which generated files may import packages

	flattener *spec.Flattener
	flattened map[*spec.Schema]*spec.Schema // composed schemas as one object or union
	inner     map[*spec.Schema]*spec.Schema // nullable schemas without null
	origins   map[*spec.Schema]*spec.Schema // variants as the catalogue lists them
	inlined   map[inlined]Ref               // inline types that the catalogue names, and those that are being made
	around    []inlined                     // those that are being made, from the outermost to the innermost
	alike     map[likeness][]inlined        // the same
	within    []*spec.Schema                // the lists and maps without a name that are being made, from the outermost
	endless   map[spec.Position]bool        // of these, those that are their own elements
	telling   int                           // how deep the schemas are whose limits are being told

	formsAlone map[string]bool  // types that are nothing but multipart bodies
	forms      map[string]*Body // what these have become
}

// Build plans the packages for a catalogue that loads without error.
// importPath is the import path of the entry package; the paths of the others begin
// with it. If the list of findings holds an error, the plan is nil.
func Build(c *spec.Catalogue, importPath string) (*Plan, diag.List) {
	b := &builder{
		catalogue: c, names: newNamer(c.Go.Initialisms), root: importPath, plan: &Plan{},
		scopes: map[string]*scopeInfo{}, packages: map[string]*Package{}, types: map[string]*typeInfo{},
		used: map[*spec.Operation]map[*Package]bool{}, claims: map[*Package]map[string]claim{}, index: map[Ref]*Type{}, headers: map[string]Ref{}, namedInline: map[Ref]*spec.Schema{},
		flattener: spec.NewFlattener(c.Types),
		flattened: map[*spec.Schema]*spec.Schema{}, inner: map[*spec.Schema]*spec.Schema{}, origins: map[*spec.Schema]*spec.Schema{}, inlined: map[inlined]Ref{}, alike: map[likeness][]inlined{}, endless: map[spec.Position]bool{},
	}
	b.names.known = map[string]string{} // most names of members recur
	b.planEntry()
	b.planScopes()
	b.planKeys()
	b.planClients()
	b.placeTypes()
	b.importNames()
	b.findForms()
	b.declareTypes()
	b.planErrors()
	b.planOperations()
	b.planHeaders()
	b.settleAbsence()
	b.markSent()
	b.markSecret()
	b.breakCycles()
	b.renewSteps()
	b.planAliases()
	b.diags.Sort()
	if b.diags.Err() != nil {
		return nil, b.diags
	}
	for _, info := range b.scopes {
		for _, c := range info.clients {
			if c.keys == nil {
				info.scope.Clients = append(info.scope.Clients, c.home.Name+"."+c.name)
			}
		}
		slices.Sort(info.scope.Clients)
		for name := range info.closure {
			if implied := b.scopes[name]; implied != nil && implied != info {
				info.scope.Implies = append(info.scope.Implies, implied.scope.Wire)
			}
		}
		slices.Sort(info.scope.Implies)
	}
	for _, g := range c.Groups {
		for _, s := range g.Scopes {
			b.plan.Scopes = append(b.plan.Scopes, *b.scopes[s.Name].scope)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b.packages)) {
		p := b.packages[name]
		if len(p.Clients)+len(p.Types)+len(p.Headers)+len(p.Moved) == 0 {
			continue
		}
		slices.SortFunc(p.Clients, func(x, y *Client) int { return cmp.Compare(x.Name, y.Name) })
		b.plan.Packages = append(b.plan.Packages, p)
	}
	return b.plan, b.diags
}

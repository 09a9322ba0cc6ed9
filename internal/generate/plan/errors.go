package plan

import (
	"strconv"

	"github.com/scopegen/scopegen/spec"
)

// planErrors plans the types of the bodies of errors that hold for the whole API.
func (b *builder) planErrors() {
	if errors := b.catalogue.Errors; len(errors) > 0 {
		b.plan.Entry.ErrorTypes = b.errorTypes(errors, b.sharedPackage(), "API")
	}
}

// errorTypes returns the types of the bodies of errors. One that must be declared for
// them is called after name, as in GetOrderNotFoundError.
func (b *builder) errorTypes(errors spec.Errors, home *Package, name string) []ErrorType {
	var types []ErrorType
	for _, e := range errors {
		if e.Value == nil {
			continue
		}
		which := ""
		switch status, err := strconv.Atoi(e.Key); {
		case err == nil:
			which = b.statusField(status)
		case e.Key != "default":
			which = map[string]string{"3XX": "Redirect", "4XX": "Client", "5XX": "Server"}[e.Key]
		}
		types = append(types, ErrorType{Status: e.Key, Type: b.typeOf(e.Value, home, name+which+"Error")})
	}
	return types
}

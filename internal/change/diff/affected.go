package diff

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Affected says what becomes of a Go name that a program may use. The name is
// deprecated unless it is gone or changed.
type Affected struct {
	Gone    bool   // there is no such name any more
	Changed bool   // it stands for something else, such as a method with other parameters
	Use     string // of a deprecated alias: the name to use
	Message string
	Action  string
}

// Affected returns every Go name of the old packages that is gone, changed or newly
// deprecated in the new ones: "users.Reader", "users.Reader.ListUsers", "users.User.ID"
// for a field, "users.User{}" for a literal without field names, "scope.UsersRead". It
// is an error if the names of a side cannot be known.
func (r *Report) Affected() (map[string]Affected, error) {
	if r.old == nil || r.new == nil {
		return nil, errors.New("the Go names that change cannot be told: " + cmp.Or(r.nameless, "nothing is generated from a table alone"))
	}
	because := map[string]Change{}
	for _, c := range r.Changes {
		for _, name := range c.Gone {
			if _, told := because[name]; !told {
				because[name] = c
			}
		}
	}
	out := maps.Clone(r.changed)
	for name, s := range r.old.symbols {
		now := r.new.symbols[name]
		switch {
		case now == nil:
			change, told := because[name]
			if !told {
				change = because[s.owner]
			}
			out[name] = Affected{Gone: true, Message: cmp.Or(change.Message, "it is not generated any more"), Action: r.insteadOf(name, change)}
		case out[name].Changed:
		case now.use != "" && s.use == "":
			out[name] = Affected{Use: now.use, Message: "is deprecated: it has another name now", Action: "scopegen fix writes " + now.use}
		case now.deprecated != "" && s.deprecated == "":
			out[name] = Affected{Message: "is deprecated: " + now.deprecated, Action: "plan to do without it"}
		}
	}
	return out, nil
}

// insteadOf says what to do about a name that is gone: the operations that it led to
// may be in other clients now.
func (r *Report) insteadOf(name string, change Change) string {
	var operations []string
	switch s := r.old.symbols[name]; s.kind {
	case method:
		operations = []string{s.operation}
	case client:
		operations = r.old.operationsOf(name)
	case constructor:
		operations = r.old.operationsOf(s.owner)
	case scopeType:
		for scope, known := range r.old.scopes {
			if "scope."+known.GoName == name {
				operations = r.old.operationsOf(r.old.clients(scope)...)
			}
		}
	}
	var gone, left []string
	for _, id := range operations {
		if len(r.new.methods[id]) > 0 {
			left = append(left, id)
		} else {
			gone = append(gone, id)
		}
	}
	switch {
	case len(left) > 0 && len(gone) == 0:
		return r.clientsFor(left)
	case len(left) > 0:
		return fmt.Sprintf("%s; for %s there is nothing", r.clientsFor(left), some(gone))
	case change.Kind == ScopeRemoved:
		return "remove it: the scope is gone"
	}
	return cmp.Or(change.Action, "remove its uses")
}

// clientsFor says which clients hold operations now. It returns "" if none does.
func (r *Report) clientsFor(operations []string) string {
	var clients []string
	token := false
	for _, id := range operations {
		for _, m := range r.new.methods[id] {
			owner := r.new.symbols[m].owner
			one := constructorOf(owner)
			if w := r.new.symbols[owner].wants; w != "" {
				one += " with " + w
				token = true
			}
			if !slices.Contains(clients, one) {
				clients = append(clients, one)
			}
		}
	}
	if len(clients) == 0 {
		return ""
	}
	do := "use " + strings.Join(clients, " or ")
	if token {
		do += "; have the scope granted and add it to your set"
	}
	return do
}

// Output returns the last element of the path of the packages that are
// generated for the old catalogue.
func (r *Report) Output() string { return r.output }

// instead says which clients hold an operation now. It returns "" if none does.
func (r *Report) instead(operation string) string {
	if r.new == nil {
		return ""
	}
	return r.clientsFor([]string{operation})
}

package diff

// Affected says what becomes of a Go name that a program may use.
type Affected struct {
	Gone    bool // it does not compile any more; otherwise it is deprecated
	Message string
	Action  string
}

// Affected returns every Go name of the old packages that is gone or
// deprecated in the new ones: "users.Reader", "users.Reader.ListUsers",
// "scope.UsersRead". It is empty if nothing could be generated from one side.
func (r *Report) Affected() map[string]Affected {
	out := map[string]Affected{}
	if r.old == nil || r.new == nil {
		return out
	}
	because := map[string]Change{}
	for _, c := range r.Changes {
		for _, name := range c.Gone {
			if _, told := because[name]; !told {
				because[name] = c
			}
		}
	}
	for name, s := range r.old.symbols {
		now := r.new.symbols[name]
		if now == nil {
			change, told := because[name]
			if !told {
				change = because[s.owner]
			}
			action := change.Action
			if change.Kind == ScopeRemoved {
				action = "remove it: the scope is gone"
			}
			out[name] = Affected{true, change.Message, action}
			continue
		}
		if now.use == "" || s.use != "" {
			continue
		}
		out[name] = Affected{false, "is deprecated: the scope is called otherwise now", "scopegen fix writes " + now.use}
	}
	return out
}

// Output is the last element of the path of the packages that are generated
// for the old catalogue.
func (r *Report) Output() string { return r.output }

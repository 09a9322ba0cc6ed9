package openapi

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// scheme is a security scheme.
type scheme struct {
	token bool   // calls carry an access token
	key   *key   // calls carry this key
	other string // what else: why a catalogue has no place for it; "" for none
	what  string // for people
}

// key is a security scheme that becomes a key of the catalogue.
type key struct {
	name      string // of the scheme, and of the key
	in, field string
}

// carries reports whether the key stands in a parameter of an operation.
func (k *key) carries(in, name string) bool {
	switch k.in {
	case "query":
		return in == "query" && name == k.field
	case "basic":
		return in == "header" && strings.EqualFold(name, "Authorization")
	}
	return in == "header" && strings.EqualFold(name, k.field)
}

// clashes reports whether both keys stand in one place, so that a call cannot carry both.
func (k *key) clashes(other *key) bool {
	switch {
	case other.in == "basic":
		return k.carries("header", "Authorization")
	case k.in == "basic":
		return other.carries("header", "Authorization")
	}
	return k.carries(other.in, other.field)
}

func (i *importer) readSchemes() {
	schemes := i.root.get("components").get("securitySchemes")
	if i.swagger {
		schemes = i.root.get("securityDefinitions")
	}
	bearer, dpop := false, false
	for _, m := range schemes.members() {
		v, ok := i.follow(m.value)
		if !ok {
			continue
		}
		s := &scheme{}
		kind := v.get("type").text()
		http := strings.ToLower(v.get("scheme").text()) // RFC 9110, section 11.1
		if kind == "basic" {                            // of Swagger
			kind, http = "http", "basic"
		}
		switch {
		case kind == "oauth2":
			s.token, s.what, bearer = true, "OAuth 2.0", true
			i.oauth2(v)
		case kind == "openIdConnect":
			s.token, s.what, bearer = true, "OpenID Connect", true
			i.openIDConnect(v)
		case kind == "http" && http == "bearer":
			s.token, s.what, bearer = true, "a bearer token", true
		case kind == "http" && http == "dpop":
			s.token, s.what, dpop = true, "a token that is bound to a key", true
		case kind == "http" && http == "basic":
			s.what = "HTTP basic"
			i.declareKey(m, v, s, &key{name: m.key, in: "basic"})
		case kind == "http":
			s.what, s.other = "HTTP "+v.get("scheme").text(), "a catalogue has no place for this way of authentication"
		case kind == "apiKey":
			s.what = fmt.Sprintf("a key in %s %q", v.get("in").text(), v.get("name").text())
			i.declareKey(m, v, s, &key{name: m.key, in: v.get("in").text(), field: v.get("name").text()})
		case kind == "mutualTLS":
			s.what = "a client certificate"
		default:
			i.leftOut(m.value, fmt.Sprintf("the security scheme %q", m.key), "its type is not one of OpenAPI")
			continue
		}
		if s.other != "" {
			i.leftOut(m.value, fmt.Sprintf("the security scheme %q, %s,", m.key, s.what), s.other)
		}
		i.schemes[m.key] = s
	}
	switch {
	case dpop && bearer:
		i.dpop = "optional"
	case dpop:
		i.dpop = "required"
	}
}

// declareKey adds a key to the table, or says in s why it cannot be one.
func (i *importer) declareKey(m member, v value, s *scheme, k *key) {
	switch {
	case k.in == "cookie":
		s.other = "clients send no cookies"
	case k.in != "header" && k.in != "query" && k.in != "basic":
		s.other = fmt.Sprintf("it is in %q", k.in)
	case k.in != "basic" && k.field == "":
		s.other = "it does not say which " + k.in + " it is"
	case k.in == "header" && !strings.EqualFold(k.field, "Authorization") && wrongField(k.field):
		s.other = "a client cannot set that header field"
	default:
		s.key = k
		o := newObject()
		o.setText("in", k.in)
		o.setText("name", k.field)
		o.setText("description", i.description(v))
		if i.keys.Node == nil {
			i.keys = newObject()
		}
		i.keys.set(k.name, compact(o.Node))
		i.placed("keys/"+k.name, m.value)
	}
}

// wrongField reports whether a header field cannot hold a key: it is not one, or the
// client sets it itself.
func wrongField(name string) bool {
	if strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("\"(),/:;<=>?@[\\]{}", r) }) {
		return true
	}
	switch http.CanonicalHeaderKey(name) {
	case "Host", "Content-Length", "Transfer-Encoding", "Connection", "Cookie", "Content-Type", "Accept":
		return true
	}
	return false
}

// oauth2 reads the flows of a scheme: the scopes, and where tokens come from.
// Client credentials win over other grants, since that is what a session does.
func (i *importer) oauth2(v value) {
	declared := func(scopes value) {
		for _, s := range scopes.members() {
			for _, word := range i.scopesIn(s.value, s.key) {
				i.declare(s.value, word, s.text())
			}
		}
	}
	endpoint := func(grant, address string) {
		if address == "" || i.grant == "client credentials" || i.tokenURL != "" && grant != "client credentials" {
			return
		}
		if !absolute(address) && !strings.HasPrefix(address, "/") {
			return
		}
		i.tokenURL, i.grant = address, grant
	}
	if i.swagger {
		declared(v.get("scopes"))
		grant := v.get("flow").text()
		if grant == "application" {
			grant = "client credentials"
		}
		endpoint(grant, v.get("tokenUrl").text())
		return
	}
	for _, f := range v.get("flows").members() {
		if !f.isMap() {
			continue
		}
		declared(f.get("scopes"))
		grant := map[string]string{"clientCredentials": "client credentials", "authorizationCode": "an authorization code", "password": "a password", "implicit": "the implicit grant", "deviceAuthorization": "a device code"}[f.key]
		endpoint(grant, f.get("tokenUrl").text())
	}
}

// openIDConnect reads where the issuer of tokens has its metadata.
func (i *importer) openIDConnect(v value) {
	address := v.get("openIdConnectUrl")
	issuer, ok := strings.CutSuffix(address.text(), "/.well-known/openid-configuration")
	u, err := url.Parse(issuer)
	switch {
	case !ok || err != nil || !absolute(issuer):
		i.leftOut(address, fmt.Sprintf("the openIdConnectUrl %q", address.text()), "it is not an issuer's absolute URL with /.well-known/openid-configuration behind it; add token.issuer to the catalogue")
	case u.Scheme != "https":
		i.leftOut(address, fmt.Sprintf("the openIdConnectUrl %q", address.text()), "it is not https")
	case i.issuer != "" && i.issuer != issuer:
		i.leftOut(address, fmt.Sprintf("the issuer %q", issuer), fmt.Sprintf("tokens come from one issuer, and %q is before it", i.issuer))
	default:
		i.issuer = issuer
	}
}

// tokenEndpoint writes where access tokens come from. What is on the API's one server is
// written as a path, so that a session with another server, such as the sandbox, does not
// send its credentials to this one.
func (i *importer) tokenEndpoint(servers []server) *yaml.Node {
	token := newObject()
	path := i.tokenURL
	if len(servers) == 1 {
		if rest, ok := strings.CutPrefix(path, servers[0].url); ok && strings.HasPrefix(rest, "/") {
			path = rest
		}
	}
	token.setText("path", path)
	token.setText("issuer", i.issuer)
	token.setText("dpop", i.dpop)
	if token.empty() {
		return nil
	}
	return flow(token.Node)
}

// way is one way to be permitted an operation.
type way struct {
	token  bool
	scopes []string
	keys   []string
}

// checkInherited returns an error if the requirement that operations inherit has a scope
// that is too long, or more scopes than so many operations may have: each operation of the
// catalogue repeats them.
func (i *importer) checkInherited() error {
	security, scopes := i.root.get("security"), 0
	for _, way := range security.items() {
		for _, scheme := range way.members() {
			for _, scope := range scheme.items() {
				if n := len(scope.text()); n > mostKey {
					return fmt.Errorf("%s:%d: the name of a scope is a text of %d KiB; at most %d KiB are read: shorten it", i.documents.printed(scope), scope.Line, n>>10, mostKey>>10)
				}
				scopes += len(strings.Fields(scope.text()))
			}
		}
	}
	operations := 0
	for _, p := range i.root.get("paths").members() {
		item, _, _ := i.documents.follow(p.value) // what is wrong with a reference is told where it is read
		for _, m := range item.members() {
			if isMethod(m.key) && m.get("security").Node == nil {
				operations++
			}
		}
	}
	if scopes*operations > mostInherited {
		return fmt.Errorf("%s:%d: %d operations inherit a requirement of %d scopes; at most %d scopes are read for all of them: state at each operation what it requires",
			i.documents.printed(security), security.Line, operations, scopes, mostInherited)
	}
	return nil
}

// requirement writes what an operation requires. It also returns the keys that its
// calls may carry, whether each way needs a scope, and the scopes that permit the
// least, where that is known.
func (i *importer) requirement(op value, id, method, path string) (node *yaml.Node, keys []*key, scoped bool, least []string) {
	security := op.get("security")
	if security.Node == nil {
		security = i.root.get("security")
	}
	lists := i.elsewhereLists(op, id, method, path)
	if security.isList() {
		ways, keys := i.stated(security, lists, id, path)
		node, scoped = i.ways(ways)
		return node, keys, scoped, nil
	}
	if lists != nil {
		node, scoped = i.ways(i.extended([]way{{}}, lists, id, path))
		return node, nil, scoped, nil
	}
	if r, ok := i.elsewhere(op, method, path); ok {
		ways := make([]way, len(r.Sets))
		for n, set := range r.Sets {
			ways[n] = way{token: true, scopes: set}
		}
		node, scoped = i.ways(ways)
		return node, nil, scoped, r.Least
	}
	i.counts.Requirements["not stated"]++
	if i.options.Unstated != "" {
		return scalar(i.options.Unstated), nil, false, nil
	}
	i.note(Assumed, op, fmt.Sprintf("%s does not say what it requires: taken as public", id), "decide with --unstated, or state it with requires, in the catalogue")
	return scalar("public"), nil, false, nil
}

// extended returns the ways with an access token for the scopes of one of the lists.
func (i *importer) extended(ways []way, lists [][]string, id, path string) []way {
	var out []way
	for _, w := range ways {
		for _, list := range lists {
			for _, set := range i.meaning(id, path, list) {
				out = append(out, way{true, sorted(append(slices.Clone(w.scopes), set...)), slices.Clone(w.keys)})
			}
		}
	}
	return out
}

// stated returns the ways that the document states, and the keys among them. Where it
// names no scopes, those of one of the lists are required.
func (i *importer) stated(security value, lists [][]string, id, path string) ([]way, []*key) {
	if len(security.Content) == 0 {
		return []way{{}}, nil
	}
	var ways []way
	var keys []*key
	for _, alternative := range security.items() {
		together := []way{{}} // the ways that this alternative stands for
		refused := false
		var tokens []string
		var beside []*key
		for _, m := range alternative.members() {
			s := i.schemes[m.key]
			if s == nil {
				i.note(Bent, m.value, fmt.Sprintf("%s requires the security scheme %q, which is not declared: taken for a token", id, m.key), "")
				s = &scheme{token: true}
			}
			switch {
			case s.other != "":
				refused = true
				i.leftOut(m.value, fmt.Sprintf("the way to call %s with %s", id, s.what), s.other)
				continue
			case s.key != nil:
				if at := slices.IndexFunc(beside, s.key.clashes); at >= 0 {
					other := beside[at]
					if s.key.in == "basic" || other.in == "basic" {
						refused = true
						i.leftOut(m.value, fmt.Sprintf("a way to call %s", id), fmt.Sprintf("a call cannot carry the keys %q and %q in the one field Authorization", other.name, m.key))
					} else {
						i.bent(m.value, fmt.Sprintf("%s requires the keys %q and %q, which are one parameter: its clients carry the first", id, other.name, m.key))
					}
					continue
				}
				beside = append(beside, s.key)
				for n := range together {
					together[n].keys = append(together[n].keys, s.key.name)
				}
				if !slices.Contains(keys, s.key) {
					keys = append(keys, s.key)
				}
				if len(m.items()) > 0 {
					i.bent(m.value, fmt.Sprintf("%s requires roles with %s: its clients carry the key alone", id, s.what))
				}
				continue
			case !s.token:
				i.dropped["a requirement of "+s.what+": the transport of the session has it"]++
				continue
			}
			tokens = append(tokens, m.key)
			var words []string
			for _, w := range m.items() {
				for _, word := range i.scopesIn(w, w.text()) {
					if i.use(w, word, id) && !slices.Contains(words, word) {
						words = append(words, word)
					}
				}
			}
			named := [][]string{words}
			if len(words) == 0 && lists != nil {
				named = lists
			}
			together = i.extended(together, named, id, path)
		}
		if refused {
			continue
		}
		if len(tokens) > 1 {
			i.note(Assumed, alternative, fmt.Sprintf("%s requires %s together: taken for one access token with the scopes of all", id, strings.Join(tokens, " and ")), "")
		}
		if len(tokens) > 0 && slices.ContainsFunc(keys, func(k *key) bool {
			return k.carries("header", "Authorization") && slices.Contains(together[0].keys, k.name)
		}) {
			i.leftOut(alternative, fmt.Sprintf("a way to call %s", id), "a call cannot have an access token and a key in the one field Authorization")
			continue
		}
		ways = append(ways, together...)
	}
	if len(ways) == 0 {
		i.bent(security, fmt.Sprintf("no way to call %s is one that a catalogue can state: taken as public, and a caller adds the credential with WithHeader", id))
		return []way{{}}, nil
	}
	return ways, keys
}

func sorted(set []string) []string {
	slices.Sort(set)
	return slices.Compact(set)
}

// ways writes a requirement of which any way is enough. scoped says that each way
// needs a scope.
func (i *importer) ways(ways []way) (node *yaml.Node, scoped bool) {
	type group struct {
		keys          []string
		public, token bool
		sets          [][]string
	}
	var groups []*group
	scoped = true
	for _, w := range ways {
		scoped = scoped && len(w.scopes) > 0
		keys := sorted(slices.Clone(w.keys))
		at := slices.IndexFunc(groups, func(g *group) bool { return slices.Equal(g.keys, keys) })
		if at < 0 {
			at = len(groups)
			groups = append(groups, &group{keys: keys})
		}
		switch g := groups[at]; {
		case !w.token:
			g.public = true
		case len(w.scopes) == 0:
			g.token = true
		case !slices.ContainsFunc(g.sets, func(set []string) bool { return slices.Equal(set, w.scopes) }):
			g.sets = append(g.sets, w.scopes)
		}
	}
	var all []*yaml.Node
	var kind string
	add := func(n *yaml.Node, as string) { all, kind = append(all, n), as }
	for _, g := range groups {
		with := func(o object) *yaml.Node {
			if len(g.keys) == 1 {
				o.set("key", scalar(g.keys[0]))
			} else {
				o.set("keys", texts(g.keys))
			}
			return flow(o.Node)
		}
		switch {
		case g.public && g.keys == nil:
			add(scalar("public"), "public")
		case g.public:
			add(with(newObject()), "key")
		}
		switch {
		case g.token && g.keys == nil:
			add(scalar("token"), "token")
		case g.token:
			o := newObject()
			o.set("token", boolean(true))
			add(with(o), "token with key")
		}
		if len(g.sets) == 0 {
			continue
		}
		sets, as := scopeSets(withoutSupersets(g.sets))
		if g.keys != nil {
			sets, as = with(object{sets}), as+" with key"
		}
		add(sets, as)
	}
	if len(all) == 1 {
		i.counts.Requirements[kind]++
		return all[0], scoped
	}
	i.counts.Requirements["alternatives"]++
	return compact(list(all...)), scoped
}

// scopeSets writes sets of scopes of which any one is enough, and says of what kind
// they are.
func scopeSets(sets [][]string) (node *yaml.Node, kind string) {
	switch {
	case len(sets) == 1 && len(sets[0]) == 1:
		return one("scope", scalar(sets[0][0])), "scope"
	case len(sets) == 1:
		return one("all_of", texts(sets[0])), "all of"
	case !slices.ContainsFunc(sets, func(s []string) bool { return len(s) > 1 }):
		words := make([]string, len(sets))
		for n, s := range sets {
			words[n] = s[0]
		}
		return one("any_of", texts(words)), "any of"
	}
	all := list()
	for _, s := range sets {
		all.Content = append(all.Content, texts(s))
	}
	return one("any_of_sets", flow(all)), "any of sets"
}

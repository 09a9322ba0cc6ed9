package sandbox

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/scopegen/scopegen/spec"
)

// maxErrorDepth is how deep the members of an error's body are looked for that say
// what is wrong.
const maxErrorDepth = 4

// refusal returns the response for a problem: with a body of the type that the catalogue
// states for such an error, and otherwise as problem details. Errors of the token
// endpoint and its like are OAuth's own, or problem details as Upvest's has them.
func (s *Server) refusal(x *exchange, p *problem, id string, now time.Time) *response {
	a := p.response(s.catalogue.API.Docs, id)
	var op *spec.Operation
	switch {
	case x.route != nil:
		op = x.route.op
	case x.oauth && !strings.HasPrefix(s.catalogue.Signing, "upvest-"):
		return p.oauth(x.r)
	case x.call.Operation != "":
		return a
	}
	schema := s.catalogue.ErrorBody(op, p.status)
	if schema == nil {
		return a
	}
	m := &maker{schemas: s.schemas, seed: "error " + strconv.Itoa(p.status), now: now}
	value := m.object(schema, s.told(schema, p, id, 0))
	if value == nil || !s.schemas.fits(schema, value) {
		return a
	}
	if body, err := json.Marshal(value); err == nil {
		a.body = body
		a.header.Set("Content-Type", "application/json")
	}
	return a
}

// told returns the members of an error's body that say what is wrong, as far as the
// names of the type's members tell which these are.
func (s *Server) told(schema *spec.Schema, p *problem, id string, depth int) any {
	if depth > maxErrorDepth {
		return nil
	}
	flat := s.schemas.flatten(schema)
	if flat.JSONType() == "array" && flat.Items != nil {
		if item := s.told(flat.Items, p, id, depth+1); item != nil {
			return []any{item}
		}
		return nil
	}
	members := map[string]any{}
	for _, name := range s.memberNames(schema) {
		member := s.schemas.member(schema, name)
		if value := s.told(member, p, id, depth+1); value != nil {
			members[name] = value
			continue
		}
		kind := s.schemas.flatten(member).JSONType()
		switch strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name)) {
		case "status", "statuscode", "code", "errorcode":
			if kind == "integer" || kind == "number" {
				members[name] = json.Number(strconv.Itoa(p.status))
			} else {
				members[name] = strings.ReplaceAll(strings.ToLower(p.title), " ", "_")
			}
		case "title", "error":
			members[name] = p.title
		case "message", "errormessage", "msg", "detail", "details", "description", "errordescription":
			members[name] = p.detail
		case "requestid":
			members[name] = id
		}
	}
	if len(members) == 0 {
		return nil
	}
	return members
}

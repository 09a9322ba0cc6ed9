package spec_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/spec"
)

// The catalogue in the box is held against the facts that were collected about
// the API, where they are at hand: beside the repository.

func facts(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "shared", "upvest", name))
	if os.IsNotExist(err) {
		t.Skipf("the collected facts are not beside the repository: %v", err)
	}
	require.NoError(t, err)
	return text
}

// fact is a field, parameter or body as the collection describes it.
type fact struct {
	Name      string
	Required  bool
	Type      string
	Format    string
	Ref       string
	Pattern   string
	Enum      []string
	Default   any
	Nullable  bool
	Items     *fact
	Variants  []*fact
	Min       *int
	Max       *int
	MinLength *int `yaml:"min_length"`
	MaxLength *int `yaml:"max_length"`
	MinItems  *int `yaml:"min_items"`
	MaxItems  *int `yaml:"max_items"`
}

type factOperation struct {
	ID          string
	Method      string
	Path        string
	Scopes      []string
	ScopeRule   string  `yaml:"scope_rule"`
	PathParams  []*fact `yaml:"path_params"`
	QueryParams []*fact `yaml:"query_params"`
	Request     *struct {
		ContentType string `yaml:"content_type"`
		Body        *fact
	}
	Response struct {
		Status      int
		ContentType any `yaml:"content_type"`
		Body        *fact
	}
	ErrorStatuses  []int  `yaml:"error_statuses"`
	IdempotencyKey string `yaml:"idempotency_key"`
	Pagination     string
	Deprecated     bool
	Source         []string
}

// renamed are the types that have a better name in the catalogue.
var renamed = map[string]string{
	"OrderPlaceRequest_latest": "PlaceOrderRequest", "Order_latest": "Order", "Order": "ListedOrder",
	"UserTolCreateRequest_latest": "UserTOLCreateRequest", "AccountGroupCreateUserRequest_latest": "AccountGroupCreateRequest",
	"AccountCreateUserRequest_latest": "AccountCreateRequest", "WebhookCreateRequest_latest": "WebhookCreateRequest",
	"OhlcPrice": "OHLCPrice", "OhlcPricesResponse": "OHLCPricesResponse", "CounterpartyIban": "CounterpartyIBAN",
	"IsaWrapper": "ISAWrapper", "IsaWrapperCreateRequest": "ISAWrapperCreateRequest", "IsaAllowance": "ISAAllowance", "IsaAllowancesListResponse": "ISAAllowancesListResponse",
}

// formats are the same format under two names.
var formats = map[string]string{"url": "uri", "ISO4217": "iso-4217"}

// decimals are the patterns that say decimal without a format that does.
var decimals = []string{
	`^[0-9]{1,9}(\.[0-9]{2})?$`, `^-?[0-9]{1,9}(\.[0-9]{2})?$`, `^[0-9]{0,63}(\.[0-9]{1,27})?$`, `^-?[0-9]{0,63}(\.[0-9]{1,27})?$`, `^(100|[0-9]{1,2}(\.[0-9]{1,5})?)$`,
}

// kinds are required members of which the collection knows a default and the
// API's rules the one value: they tell the variants of a union apart.
var kinds = map[string]bool{"KYC": true, "POR": true, "INSTRUMENT_FIT": true, "COMPLIANCE": true}

func TestTheCatalogueInTheBoxHasEveryScopeOfTheTable(t *testing.T) {
	c, err := spec.Default()
	require.NoError(t, err)
	group, rows := "", 0
	for line := range strings.SplitSeq(string(facts(t, "scope-table.md")), "\n") {
		name, rest, ok := strings.Cut(strings.TrimLeft(line, "| "), "|")
		name, rest = strings.TrimSpace(name), strings.Trim(rest, "| ")
		switch {
		case !ok, name == "Scope", strings.HasPrefix(name, "---"):
		case rest == "":
			group = name
		default:
			rows++
			i := slices.IndexFunc(c.Groups, func(g spec.Group) bool { return g.Title == group })
			require.GreaterOrEqual(t, i, 0, group)
			require.True(t, slices.ContainsFunc(c.Groups[i].Scopes, func(s *spec.Scope) bool { return s.Name == name && s.Permits != "" }), "%s in %s", name, group)
		}
	}
	require.Equal(t, 40, rows)
	require.Len(t, c.Scopes(), 40)
	require.Equal(t, "savings_plans:read", c.Scope("savings_plan:read").Wire("reference"))
	require.Equal(t, "savings_plans:admin", c.Scope("savings_plan:admin").Wire("reference"))
	require.Equal(t, "savings_plan:read", c.Scope("savings_plan:read").Wire(""))
}

func TestTheCatalogueInTheBoxSaysWhatIsKnownOfTheAPI(t *testing.T) {
	c, err := spec.Default()
	require.NoError(t, err)
	var known struct {
		Operations []*factOperation
		Schemas    map[string]struct{ Fields []*fact }
	}
	require.NoError(t, yaml.Unmarshal(facts(t, "operations.yaml"), &known))
	require.Len(t, known.Operations, 135)
	require.Len(t, known.Schemas, 203)
	require.Len(t, c.Operations, 135)
	h := holder{c}
	for i := range c.Operations {
		op := c.Operations[i]
		j := slices.IndexFunc(known.Operations, func(o *factOperation) bool { return o.ID == op.ID })
		require.GreaterOrEqual(t, j, 0, op.ID)
		t.Run(op.ID, func(t *testing.T) { h.operation(t, op, known.Operations[j]) })
	}
	for name, schema := range known.Schemas {
		t.Run(name, func(t *testing.T) {
			s := c.Type(typeName(name))
			require.NotNil(t, s)
			require.Equal(t, "object", s.JSONType())
			require.NotEmpty(t, s.Description)
			require.Len(t, s.Properties, len(schema.Fields))
			for _, f := range schema.Fields {
				p, ok := s.Properties.Get(f.Name)
				require.True(t, ok, f.Name)
				require.Equal(t, f.Required, slices.ContainsFunc(s.Required, func(r spec.Text) bool { return r.Value == f.Name }), f.Name)
				h.same(t, p, f, f.Name)
			}
		})
	}
}

func typeName(fact string) string {
	if name, ok := renamed[fact]; ok {
		return name
	}
	return fact
}

type holder struct{ c *spec.Catalogue }

func (h holder) operation(t *testing.T, op *spec.Operation, known *factOperation) {
	require.Equal(t, known.Method, op.Method)
	require.Equal(t, known.Path, op.Path)
	require.NotEmpty(t, op.Summary)
	switch known.ScopeRule {
	case "none":
		require.True(t, op.Requires.Public())
	default:
		require.Len(t, op.Requires.Alternatives, len(known.Scopes))
		require.Len(t, op.Requires.Sets(), len(known.Scopes))
		for _, set := range op.Requires.Sets() {
			require.Len(t, set, 1)
			require.Contains(t, known.Scopes, set[0].Value)
		}
	}
	require.Equal(t, known.IdempotencyKey == "required", op.IdempotencyKey == "required")
	require.Equal(t, known.Pagination == "offset_limit", op.Paging.Value == "offset")
	require.Equal(t, known.ErrorStatuses, op.Errors.Statuses())
	require.Equal(t, known.Deprecated, op.Deprecated != "")
	if op.Source != "" {
		require.Contains(t, known.Source, op.Source)
	}

	require.Len(t, op.Parameters, len(known.PathParams)+len(known.QueryParams))
	for in, list := range map[string][]*fact{"path": known.PathParams, "query": known.QueryParams} {
		for _, f := range list {
			i := slices.IndexFunc(op.Parameters, func(p *spec.Parameter) bool { return p.Name == f.Name && p.In == in })
			require.GreaterOrEqual(t, i, 0, f.Name)
			require.Equal(t, f.Required, op.Parameters[i].Required, f.Name)
			h.same(t, op.Parameters[i].Schema, f, f.Name, op.Parameters[i].Description)
		}
	}
	if known.Request == nil {
		require.Empty(t, op.Body)
	} else {
		require.Len(t, op.Body, 1)
		require.Equal(t, known.Request.ContentType, op.Body[0].Key)
		h.same(t, op.Body[0].Value, known.Request.Body, "body")
	}
	require.Len(t, op.Responses, 1)
	require.Equal(t, strconv.Itoa(known.Response.Status), op.Responses[0].Key)
	var media []string
	switch m := known.Response.ContentType.(type) {
	case string:
		media = []string{m}
	case []any:
		for _, one := range m {
			media = append(media, one.(string))
		}
	}
	require.Len(t, op.Responses[0].Value, len(media))
	for i, m := range media {
		require.Equal(t, m, op.Responses[0].Value[i].Key)
	}
	if known.Response.Body != nil {
		h.same(t, op.Responses[0].Value[0].Value, known.Response.Body, "response")
	}
}

// same holds a schema against a fact, through references to types that the
// catalogue names and the collection writes out.
func (h holder) same(t *testing.T, s *spec.Schema, f *fact, at string, said ...string) {
	t.Helper()
	said = append(said, s.Description)
	nullable := s.Nullable()
	for _, v := range s.OneOf {
		if len(v.Type) == 1 && v.Type[0] == "null" {
			nullable, s = true, s.OneOf[0]
			break
		}
	}
	require.Equal(t, f.Nullable, nullable, at)
	if f.Ref != "" {
		require.Equal(t, typeName(f.Ref), s.RefName(), at)
		return
	}
	if s.Ref != "" {
		s = h.c.Type(s.RefName())
		said = append(said, s.Description)
	}
	if len(f.Variants) > 0 {
		h.union(t, s, f, at)
		return
	}
	require.Equal(t, f.Type, s.JSONType(), at)
	format := f.Format
	if other, ok := formats[format]; ok {
		format = other
	}
	if format == "" && slices.Contains(decimals, f.Pattern) {
		format = "decimal"
	}
	if at == "client_secret" || at == "access_token" {
		format = "password" // so that programs do not print it
	}
	require.Equal(t, format, s.Format, at)
	require.Equal(t, f.Pattern, s.Pattern, at)
	var values []string
	for _, v := range s.Enum {
		if v.JSON != "null" {
			var text string
			require.NoError(t, json.Unmarshal([]byte(v.JSON), &text), at)
			values = append(values, text)
		}
	}
	require.Equal(t, f.Enum, values, at)
	for _, bound := range []struct {
		known *int
		said  *int
	}{{f.MinLength, s.MinLength}, {f.MaxLength, s.MaxLength}, {f.MinItems, s.MinItems}, {f.MaxItems, s.MaxItems}, {f.Min, number(t, s.Minimum)}, {f.Max, number(t, s.Maximum)}} {
		require.Equal(t, bound.known, bound.said, at)
	}
	if s.Const != nil {
		var text string
		require.NoError(t, json.Unmarshal([]byte(s.Const.JSON), &text))
		require.True(t, kinds[text] && f.Default == text, "%s: const %s", at, text)
	}
	switch {
	case s.Default != nil:
		want, err := json.Marshal(f.Default)
		require.NoError(t, err)
		require.Equal(t, string(want), s.Default.JSON, at)
	case f.Default == "":
		require.Contains(t, strings.Join(said, " "), "empty", at)
	case f.Default != nil:
		// Nothing but words can stand beside a reference.
		require.Contains(t, strings.Join(said, " "), f.Default, "%s: its default goes unsaid", at)
	}
	if f.Items != nil {
		require.NotNil(t, s.Items, at)
		h.same(t, s.Items, f.Items, at+"[]")
	}
}

func number(t *testing.T, l *spec.Literal) *int {
	if l == nil {
		return nil
	}
	n, err := strconv.Atoi(l.JSON)
	require.NoError(t, err)
	return &n
}

// union holds the variants of a union against each other, however deep the
// collection nests them.
func (h holder) union(t *testing.T, s *spec.Schema, f *fact, at string) {
	// The list of users is written as a list or an empty list, of one form of
	// user or the other: that is a list of either.
	if s.JSONType() == "array" {
		require.Equal(t, []string{"UserBYOL", "UserTOL"}, h.leaves(h.c.Type(s.Items.RefName())), at)
		return
	}
	var known []string
	var collect func(*fact)
	collect = func(f *fact) {
		for _, v := range f.Variants {
			collect(v)
		}
		if f.Ref != "" {
			known = append(known, typeName(f.Ref))
		} else if f.Type == "string" {
			known = append(known, f.Pattern)
		}
	}
	collect(f)
	require.Equal(t, known, h.leaves(s), at)
}

func (h holder) leaves(s *spec.Schema) (out []string) {
	for _, v := range append(slices.Clone(s.OneOf), s.AnyOf...) {
		if v.Ref == "" {
			out = append(out, v.Pattern)
			continue
		}
		if inner := h.c.Type(v.RefName()); len(inner.OneOf)+len(inner.AnyOf) > 0 {
			out = append(out, h.leaves(inner)...)
			continue
		}
		out = append(out, v.RefName())
	}
	return out
}

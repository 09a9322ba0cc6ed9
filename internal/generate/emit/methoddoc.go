package emit

import (
	"slices"
	"strconv"
	"strings"

	"github.com/scopegen/scopegen/internal/generate/plan"
	"github.com/scopegen/scopegen/spec"
)

// commonErrors returns the error statuses that every operation of a package
// documents, if there are several operations.
func commonErrors(p *plan.Package) []int {
	if len(p.Operations) < 2 {
		return nil
	}
	common := slices.Clone(p.Operations[0].Errors)
	for _, op := range p.Operations[1:] {
		common = slices.DeleteFunc(common, func(status int) bool { return !slices.Contains(op.Errors, status) })
	}
	return common
}

// statuses returns a list of statuses as text.
func statuses(list []int) string {
	var texts []string
	for _, status := range list {
		texts = append(texts, strconv.Itoa(status))
	}
	return strings.Join(texts, ", ")
}

// methodDoc returns the paragraphs of a method's comment. It leaves out the error
// statuses in common, which the package's comment names for all operations.
func (w *Writer) methodDoc(p *plan.Package, c *plan.Client, op *plan.Operation, m *plan.Method, common []int) []string {
	out := []string{action(m.Name, op.ID, op.Summary)}
	switch {
	case iterates(op, m):
		out = append(out, "The iterator begins at the page that params asks for and fetches each page when it is needed. It ends after an error. "+m.Name+"Page returns one page as the API sends it.")
	case m.Page:
		out = append(out, "It returns one page; "+op.Methods[0].Name+" iterates over the items of all pages.")
	}
	out = append(out, op.Description, "\t"+op.HTTPMethod+" "+op.Path)
	for _, p := range op.PathParams {
		if about := sentences(p.Doc, p.Limits); about != "" {
			out = append(out, p.GoName+": "+about)
		}
	}
	if op.Server != "" {
		out = append(out, "The server "+strconv.Quote(op.Server)+" of the API serves it, which [runtime.WithServer] can replace.")
	}
	out = append(out, permittedBy(c, op))
	if op.IdempotencyKey {
		out = append(out, "The call carries an idempotency key, so it is safe to repeat. The key is random unless [runtime.WithIdempotencyKey] gives one.")
	}
	switch {
	case m.Result.Kind == plan.ResultRedirect:
		out = append(out, "The result is where the API redirects to. Nothing follows it.")
	case m.Result.Kind == plan.ResultValues:
		also := ""
		if strings.HasPrefix(m.Accept, "text/event-stream") {
			also = " and [runtime.WithEvent]"
		}
		out = append(out, "The response is "+m.Accept+". The iterator makes the call, and yields each value when it has arrived; leaving the loop ends the call. It ends after an error. See [runtime.DoValues]"+also+".")
	case m.Result.Kind == plan.ResultStream:
		what := "is " + m.Accept
		if strings.Contains(m.Accept, "*") {
			what = "is of the media type in the field ContentType of the stream"
		}
		out = append(out, "The response "+what+", read as it arrives. Close it.")
		if len(op.Redirects) > 0 {
			out = append(out, "A stream with another Status than 2xx is empty: its header Location tells where the content is.")
		}
	case m.Body != nil && !m.Body.CallerTyped() && (m.Body.Kind == plan.BodyStream || several(op)):
		out = append(out, "The body is "+m.Body.MediaType+".")
	}
	if m.Body != nil && m.Body.CallerTyped() {
		out = append(out, callerTyped(m.Body.MediaType))
	}
	if m.Body != nil && m.Body.Limits != "" {
		out = append(out, "body: "+m.Body.Limits)
	}
	if m.Result.Limits != "" {
		out = append(out, "The body of the response: "+m.Result.Limits)
	}
	own := slices.DeleteFunc(slices.Clone(op.Errors), func(status int) bool { return slices.Contains(common, status) })
	switch {
	case len(own) == 0:
	case len(common) == 0:
		out = append(out, "Documented error statuses, each a [*runtime.Error]: "+statuses(own)+".")
	default:
		out = append(out, "Further error statuses: "+statuses(own)+".")
	}
	out = append(out, errorTypesDoc(op.ErrorTypes, "The body of an error is", w.textOf(p)))
	if len(op.ResponseHeaders) > 0 {
		var names []string
		for _, h := range op.ResponseHeaders {
			names = append(names, "["+w.textIn(p.ImportPath, h)+"]")
		}
		out = append(out, "Headers of the response, which [runtime.WithResponseInfo] gets: "+strings.Join(names, ", ")+".")
	}
	if op.Source != "" {
		out = append(out, "Source: "+op.Source)
	}
	if op.Deprecated != "" {
		out = append(out, deprecated(op.Deprecated))
	}
	return out
}

// callerTyped tells of the argument for the media type of a body.
func callerTyped(mediaType string) string {
	switch {
	case mediaType == "*/*":
		return "contentType is the media type of the body, whatever that is."
	case spec.IsRange(mediaType):
		return "contentType is the media type of the body, which is one of " + mediaType + "."
	}
	return "contentType is the media type of the body: " + mediaType + " with the boundary of its parts."
}

// several reports whether an operation takes several media types.
func several(op *plan.Operation) bool {
	return slices.ContainsFunc(op.Methods, func(m *plan.Method) bool { return m.Body != op.Methods[0].Body })
}

// permittedBy says what permits an operation, and what the calls of a client carry.
func permittedBy(c *plan.Client, op *plan.Operation) string {
	only := op.Ways[0]
	switch {
	case len(op.Ways) == 1 && !only.Token && len(only.Keys) == 0:
		return "The call carries no access token."
	case len(op.Ways) == 1 && only.Token && len(only.Scopes)+len(only.Keys) == 0:
		return "Any access token permits it, whatever its scopes."
	}
	var ways, carried []string
	for _, way := range op.Ways {
		ways = append(ways, wayText(way))
	}
	text := "Permitted by " + alternatives(ways) + "."
	if len(op.Ways) == 1 && len(only.Scopes)+len(only.Keys) == 1 {
		return text
	}
	switch c.Kind {
	case plan.Scoped:
		carried = append(carried, "an access token for "+scopeList(c.Scopes))
	case plan.TokenOnly:
		carried = append(carried, "an access token")
	}
	if len(c.Keys) > 0 {
		carried = append(carried, keyList(c.Keys))
	}
	if carried == nil {
		carried = append(carried, "no access token")
	}
	return text + " The call carries " + strings.Join(carried, " and ") + "."
}

// wayText returns one way to be permitted an operation, in words.
func wayText(way plan.Way) string {
	parts := slices.Clone(way.Scopes)
	if way.Token && parts == nil {
		parts = []string{"any access token"}
	}
	for _, key := range way.Keys {
		parts = append(parts, "the key "+strconv.Quote(key))
	}
	if parts == nil {
		return "no credential at all"
	}
	return strings.Join(parts, " with ")
}

// alternatives returns a list of texts, the last two joined by "or".
func alternatives(parts []string) string {
	if len(parts) == 1 {
		return parts[0]
	}
	last := len(parts) - 1
	return strings.Join(parts[:last], ", ") + " or " + parts[last]
}

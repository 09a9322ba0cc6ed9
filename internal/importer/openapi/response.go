package openapi

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/spec"
)

// responses writes the success responses, and returns the errors.
func (i *importer) responses(op value, id, method string) (*yaml.Node, failures) {
	out := newObject()
	errors := failures{id: id}
	fail := func(key string, r value) bool {
		var body *failureType
		if method != "HEAD" {
			body = i.failureType(op, r, id+"_error")
		}
		errors.add(key, body)
		return body != nil
	}
	written := map[int]bool{}
	var fallback []member
	var redirects []redirect
	for _, r := range op.get("responses").members() {
		status, err := strconv.Atoi(r.key)
		switch {
		case strings.HasPrefix(r.key, "x-"):
			i.extensions[r.key]++
			continue
		case err != nil || status < 100 || status > 599:
			fallback = append(fallback, r)
			continue
		case status >= 400:
			fail(strconv.Itoa(status), r.value)
			continue
		case status == http.StatusNotModified:
			// Clients keep no responses: it is a failure of a call that asked for news alone.
			errors.add(strconv.Itoa(status), nil)
			if v, ok := i.follow(r.value); ok {
				i.responseHeaders(v.without("content"), id)
				if i.hasContent(v) {
					i.leftOut(v, fmt.Sprintf("the body of the response 304 of %s", id), "by HTTP it has none")
				}
			}
			continue
		case status >= 300:
			redirects = append(redirects, redirect{status, r.value})
			continue
		case status < 200:
			i.leftOut(r.value, fmt.Sprintf("the response %d of %s", status, id), "it is no result of a call")
			continue
		}
		written[status] = true
		out.set(r.key, i.response(op, r.value, id, status, method))
	}
	for _, r := range fallback {
		key := strings.ToUpper(r.key)
		switch {
		case key == "2XX" && !written[200], key == "DEFAULT" && len(written)+len(redirects) == 0 && !i.looksLikeError(r.value):
			status := 200
			if v, ok := i.follow(r.value); ok && key == "DEFAULT" && !i.hasContent(v) {
				status = 204
			}
			written[status] = true
			i.bent(r.value, fmt.Sprintf("the response %q of %s is taken for %d", r.key, id, status))
			out.set(strconv.Itoa(status), i.response(op, r.value, id, status, method))
		case key == "DEFAULT", key == "4XX", key == "5XX", key == "3XX":
			if key == "DEFAULT" {
				key = "default"
			}
			if !fail(key, r.value) {
				i.dropped["the response "+r.key+" for other statuses, all of which are errors"]++
			}
		default:
			i.leftOut(r.value, fmt.Sprintf("the response %q of %s", r.key, id), "it is not a status")
		}
	}
	for _, r := range redirects {
		// What has moved is where the caller must look for good: that beside a result is
		// a failure. Where a download is, or what was made, is a result.
		moved := r.status == http.StatusMovedPermanently || r.status == http.StatusTemporaryRedirect || r.status == http.StatusPermanentRedirect
		if moved && len(written) > 0 {
			errors.add(strconv.Itoa(r.status), nil)
			continue
		}
		if v, ok := i.follow(r.value); ok {
			i.responseHeaders(v.without("content"), id)
			if i.hasContent(v) {
				i.dropped["the body of a redirect: its result is its Location"]++
			}
		}
		out.set(strconv.Itoa(r.status), flow(newObject().Node))
	}
	if out.empty() {
		i.note(Assumed, op, fmt.Sprintf("%s states no success: taken for 204 without a body", id), "")
		out.set("204", flow(newObject().Node))
	}
	sortStatuses(out)
	return out.Node, errors
}

// redirect is a response that leads elsewhere.
type redirect struct {
	status int
	value
}

func sortStatuses(o object) {
	type pair struct{ k, v *yaml.Node }
	var pairs []pair
	for n := 0; n < len(o.Content); n += 2 {
		pairs = append(pairs, pair{o.Content[n], o.Content[n+1]})
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return strings.Compare(a.k.Value, b.k.Value) })
	o.Content = o.Content[:0]
	for _, p := range pairs {
		p.k.Tag = "!!int"
		o.Content = append(o.Content, p.k, p.v)
	}
}

func (i *importer) hasContent(v value) bool {
	return len(v.get("content").members()) > 0 || i.swagger && !v.get("schema").absent()
}

// looksLikeError reports whether the response "default" is that of errors.
func (i *importer) looksLikeError(v value) bool {
	v, ok := i.follow(v)
	if !ok {
		return true
	}
	text := strings.ToLower(v.get("description").text() + " " + v.pointer)
	return strings.Contains(text, "error") || strings.Contains(text, "fail") || strings.Contains(text, "problem")
}

func (i *importer) response(op, v value, id string, status int, method string) *yaml.Node {
	v, ok := i.follow(v)
	if !ok {
		return flow(newObject().Node)
	}
	i.responseHeaders(v, id)
	if !v.get("links").absent() {
		i.dropped["the links of a response"]++
	}
	i.rest(v, "a response", "description", "content", "headers", "links", "schema", "examples", "summary", "$ref")
	media := v.get("content").members()
	if i.swagger && !v.get("schema").absent() {
		produces := op.get("produces")
		if produces.Node == nil {
			produces = i.root.get("produces")
		}
		kinds := []string{}
		for _, k := range produces.items() {
			kinds = append(kinds, k.text())
		}
		if len(kinds) == 0 {
			kinds = []string{"application/json"}
		}
		for _, k := range kinds {
			n := newObject()
			n.set("schema", v.get("schema").Node)
			media = append(media, member{k, value{n.Node, v.doc, v.pointer}})
		}
	}
	o := newObject()
	if method == "HEAD" || status == 204 || status == 205 {
		if len(media) > 0 {
			i.bent(v, fmt.Sprintf("the response %d of %s cannot have a body (RFC 9110): it has none here", status, id))
		}
		return flow(o.Node)
	}
	seen := map[string]bool{}
	json := false
	for _, m := range media {
		kind := mediaType(m.key)
		if strings.Contains(m.key, "*") && len(media) > 1 {
			i.bent(m.value, fmt.Sprintf("%s beside other media types of %s: clients ask for those", m.key, id))
			continue
		}
		if strings.Contains(m.key, "*") {
			// Anything at all. What has a type is taken for JSON, as all such APIs answer.
			if i.shape(m.get("schema"), 0) != "" {
				kind = "application/json"
				i.bent(m.value, fmt.Sprintf("%s of %s is taken for application/json", m.key, id))
			}
		}
		if seen[kind] || spec.IsJSON(kind) && json {
			i.bent(m.value, fmt.Sprintf("%s answers in several forms of JSON: clients ask for the first", id))
			continue
		}
		if i.swagger && len(media) > 1 && !spec.IsJSON(kind) && slices.ContainsFunc(media, func(other member) bool { return spec.IsJSON(mediaType(other.key)) }) {
			i.dropped["a media type of a response beside JSON"]++
			continue
		}
		if !i.swagger && !spec.IsJSON(kind) && (kind == "application/xml" || kind == "text/xml") && slices.ContainsFunc(media, func(other member) bool { return spec.IsJSON(mediaType(other.key)) }) {
			i.dropped["a media type of a response beside JSON"]++
			continue
		}
		seen[kind], json = true, json || spec.IsJSON(kind)
		m.key = kind
		o.set(kind, i.content(m, id+"_response", false))
	}
	if o.empty() {
		return flow(o.Node)
	}
	return o.Node
}

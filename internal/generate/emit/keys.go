package emit

import (
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/scopegen/scopegen/internal/generate/plan"
)

// Keys writes the package of the types of keys.
func (w *Writer) Keys() ([]File, error) {
	e := w.plan.Entry
	f := w.goFile(w.keyPath(), plan.KeyPackage)
	f.PackageComment(comment(
		"Package "+plan.KeyPackage+" holds the keys of the "+e.Title+" as types.",
		"A key is a credential that calls carry as it is. The constructor of each client wants the keys that its operations require. A key is a secret: it cannot be printed, and only calls to the server of the session carry it.",
	))
	handshake(f)
	for _, key := range w.plan.Keys {
		constructor, description := "New"+key.GoName, ""
		if key.Description != "" {
			description = end(key.Description)
		}
		f.Add(doc(key.GoName+" is the key "+strconv.Quote(key.Name)+" of the API, "+place(key)+". "+constructor+" makes one; every call with the zero "+key.GoName+" is refused before anything is sent.", description))
		f.Type().Id(key.GoName).Struct(
			// Without a field that mentions the type, one key could be converted into another.
			jen.Id("_").Index(jen.Lit(0)).Func().Params(jen.Id(key.GoName)),
			jen.Qual(runtimePath, "Key"),
		)
		made := func(function string, arguments ...jen.Code) *jen.Statement {
			return jen.Return(jen.Id(key.GoName).Values(jen.Dict{jen.Id("Key"): jen.Qual(runtimePath, function).Call(arguments...)}))
		}
		name := jen.Lit(key.Name)
		secret := jen.Qual(runtimePath, "Secret")
		switch key.In {
		case "basic":
			f.Add(doc(constructor + " returns the key for a user name and a password. One of them may be empty."))
			f.Func().Id(constructor).Params(jen.Id("user").String(), jen.Id("password").Add(secret)).Id(key.GoName).Block(made("NewBasicKey", name, jen.Id("user"), jen.Id("password")))
		case "query":
			f.Add(doc(constructor + " returns the key whose value the query parameter holds. URLs hold it then: a proxy, or a transport that writes down URLs, writes down the key."))
			f.Func().Id(constructor).Params(jen.Id("value").Add(secret)).Id(key.GoName).Block(made("NewQueryKey", name, jen.Lit(key.Field), jen.Id("value")))
		default:
			f.Add(doc(constructor + " returns the key whose value the header field holds, with the word before it where the API wants one."))
			f.Func().Id(constructor).Params(jen.Id("value").Add(secret)).Id(key.GoName).Block(made("NewHeaderKey", name, jen.Lit(key.Field), jen.Id("value")))
		}
	}
	out, err := w.render(f, "key.go")
	return []File{out}, err
}

func (w *Writer) keyPath() string { return w.plan.Entry.ImportPath + "/" + plan.KeyPackage }

// place says where calls carry a key.
func place(key plan.Key) string {
	switch key.In {
	case "basic":
		return "a user name and a password in the header field Authorization (RFC 7617)"
	case "query":
		return "in the query parameter " + strconv.Quote(key.Field)
	}
	return "in the header field " + key.Field
}

// keyList returns the names of keys, in words.
func keyList(keys []plan.Key) string {
	var names []string
	for _, key := range keys {
		names = append(names, strconv.Quote(key.Name))
	}
	if len(names) == 1 {
		return "the key " + names[0]
	}
	return "the keys " + strings.Join(names, " and ")
}

func enough(keys []plan.Key) string {
	if len(keys) == 1 {
		return " is enough"
	}
	return " together are enough"
}

// keyParameters returns the parameters of a constructor that take keys.
func (w *Writer) keyParameters(keys []plan.Key) []jen.Code {
	var out []jen.Code
	for _, key := range keys {
		out = append(out, jen.Id(key.Argument).Qual(w.keyPath(), key.GoName))
	}
	return out
}

func keyArguments(keys []plan.Key) []jen.Code {
	var out []jen.Code
	for _, key := range keys {
		out = append(out, jen.Id(key.Argument))
	}
	return out
}

// carrying adds the keys to a caller.
func carrying(caller *jen.Statement, keys []plan.Key) *jen.Statement {
	if len(keys) == 0 {
		return caller
	}
	return caller.Dot("WithKeys").CallFunc(func(g *jen.Group) {
		for _, key := range keys {
			g.Id(key.Argument).Dot("Key")
		}
	})
}

package openapi

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"strconv"
	"strings"
)

// documents are the files of one import: the document itself, and the files
// beside it that its references name.
type documents struct {
	fsys   fs.FS
	byName map[string]*document
	failed map[string]error
}

func (d *documents) open(name string) (*document, error) {
	if doc := d.byName[name]; doc != nil {
		return doc, nil
	}
	if err := d.failed[name]; err != nil {
		return nil, err
	}
	if len(d.byName) >= mostFiles {
		return nil, fmt.Errorf("references lead to more than %d files", mostFiles)
	}
	doc, err := readDocument(d.fsys, name)
	if err != nil {
		d.failed[name] = err
		return nil, err
	}
	d.byName[name] = doc
	return doc, nil
}

// find returns what a reference of a document leads to. References lead to the
// document itself or to files below the folder of the import, never further.
func (d *documents) find(from *document, reference string) (value, error) {
	file, fragment, _ := strings.Cut(reference, "#")
	doc := from
	if file != "" {
		u, err := url.Parse(file)
		switch {
		case err != nil:
			return value{}, fmt.Errorf("%q is not a reference", reference)
		case u.IsAbs() || u.Host != "":
			return value{}, fmt.Errorf("%q leads to the network, from which nothing is fetched: save the file beside the document and refer to it there", reference)
		}
		name := path.Join(path.Dir(from.name), u.Path)
		if !fs.ValidPath(name) {
			return value{}, fmt.Errorf("%q leads out of the document's folder: put the file into it", reference)
		}
		if doc, err = d.open(name); err != nil {
			return value{}, err
		}
	}
	v := doc.value()
	if unescaped, err := url.PathUnescape(fragment); err == nil {
		fragment = unescaped
	}
	for _, key := range strings.Split(strings.TrimPrefix(fragment, "/"), "/") {
		if key == "" && fragment == "" {
			break
		}
		key = unescape(key)
		next := v.get(key)
		if v.isList() {
			if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(v.Content) {
				next = v.child(key, v.Content[i])
			}
		}
		if next.Node == nil {
			return value{}, fmt.Errorf("%q leads to nothing", reference)
		}
		v = next
	}
	return v, nil
}

// follow returns what v is, through references that stand in its place, or a note.
func (i *importer) follow(v value) (value, bool) {
	target, at, err := i.documents.follow(v)
	if err != nil {
		i.leftOut(at, "a reference", err.Error())
		return value{}, false
	}
	return target, target.Node != nil
}

// follow returns what v is, through references that stand in its place, or what is wrong
// with one of them and where that is.
func (d *documents) follow(v value) (target, at value, err error) {
	for range 100 {
		reference := v.get("$ref")
		if !reference.isText() {
			return v, value{}, nil
		}
		next, err := d.find(v.doc, reference.text())
		if err != nil {
			return value{}, reference, err
		}
		v = next
	}
	return value{}, v, errors.New("it leads to itself")
}

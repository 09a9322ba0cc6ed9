package runtime

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"reflect"
	"strings"

	"github.com/scopegen/scopegen/runtime/clientimpl"
	"github.com/scopegen/scopegen/runtime/internal/jsonvalue"
)

// File is a part of a multipart body that holds a file (RFC 7578). It is sent as Content
// gives it. If Content is an io.Seeker, and the API does not sign requests, each attempt
// reads it from its current position while sending; otherwise all of it is read into
// memory. Nothing closes Content.
type File struct {
	Name        string    // the name of the file; "" sends the name of the part. multipart/related has no names
	ContentType string    // its media type; "" sends application/octet-stream
	Content     io.Reader // what it holds
}

// Part is a part of a body, for [Request.Multipart] and [Request.Related].
type Part struct {
	name  string
	value any
	add   func(*multipartForm, string, any) error
}

// TextPart returns a part that is a text. v has a type that [Request.Query] allows: a
// slice is a part for each element; an [Optional] without a value and nil are none.
func TextPart(name string, v any) Part {
	return Part{name, v, func(f *multipartForm, name string, v any) error {
		texts, err := paramTexts(v)
		for _, text := range texts {
			f.add(name, "", "", strings.NewReader(text))
		}
		return err
	}}
}

// JSONPart returns a part that is JSON. v marshals to JSON, or is an [Optional] of
// such; a slice is a part for each element, and nil is none.
func JSONPart(name string, v any) Part {
	return Part{name, v, func(f *multipartForm, name string, v any) error {
		return eachValue(v, func(v any) error {
			text, err := jsonvalue.Marshal(v)
			if err == nil {
				f.add(name, "", "application/json", bytes.NewReader(text))
			}
			return err
		})
	}}
}

// FilePart returns a part that is a file. v is a [File], an [Optional] of one, or a
// slice, which is a part for each element; nil is none.
func FilePart(name string, v any) Part {
	return Part{name, v, func(f *multipartForm, name string, v any) error {
		return eachValue(v, func(v any) error { return f.addFile(name, v) })
	}}
}

// Multipart sets the body to a form of multipart/form-data (RFC 7578) with the parts in
// this order.
func (r *Request) Multipart(parts ...Part) {
	form := r.assemble(&multipartForm{}, parts)
	r.body = &body{contentType: "multipart/form-data; boundary=" + form.boundary, form: form}
}

// Related sets the body to multipart/related (RFC 2387) with the parts in this order. The
// first of them is the root, which the others belong to. Parts are sent without their
// names.
func (r *Request) Related(parts ...Part) {
	form := r.assemble(&multipartForm{related: true}, parts)
	params := map[string]string{"boundary": form.boundary}
	if root, _, err := mime.ParseMediaType(form.root); err == nil {
		params["type"] = root
	}
	r.body = &body{contentType: mime.FormatMediaType("multipart/related", params), form: form}
}

func (r *Request) assemble(form *multipartForm, parts []Part) *multipartForm {
	var random [30]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the program instead
	form.boundary = hex.EncodeToString(random[:])
	for _, p := range parts {
		if err := p.add(form, p.name, p.value); err != nil {
			r.fail("part", p.name, err)
		}
	}
	return form
}

// multipartForm is a multipart body.
type multipartForm struct {
	related  bool // it is multipart/related, or else multipart/form-data
	boundary string
	parts    []filePart
	root     string // the media type of the first part of multipart/related
}

// filePart is a part with the text before its content: the delimiter and its header.
type filePart struct {
	before  string
	content io.Reader
}

func (f *multipartForm) addFile(name string, v any) error {
	file, ok := v.(File)
	switch {
	case !ok:
		return fmt.Errorf("a %T is not a file", v)
	case file.Content == nil:
		return errors.New("is a file without content: set its field Content")
	}
	if err := checkHeader("content-type", file.ContentType); err != nil {
		return err
	}
	f.add(name, cmp.Or(file.Name, name), cmp.Or(file.ContentType, "application/octet-stream"), file.Content)
	return nil
}

// eachValue calls add with v, with each element of v if it is a slice, or not at all if
// it is absent.
func eachValue(v any, add func(any) error) error {
	for {
		held, present, ok := jsonvalue.HeldIn(v)
		if !ok {
			break
		}
		if !present {
			return nil
		}
		v = held
	}
	if v == nil {
		return nil
	}
	required, isRequired := v.(clientimpl.RequiredList)
	if isRequired {
		v = required.List
	}
	list := reflect.ValueOf(v)
	if list.Kind() != reflect.Slice || list.Type().Elem().Kind() == reflect.Uint8 {
		return add(v)
	}
	if isRequired && list.Len() == 0 {
		return errEmptyList
	}
	for i := range list.Len() {
		if err := add(list.Index(i).Interface()); err != nil {
			return fmt.Errorf("element %d: %w", i, err)
		}
	}
	return nil
}

// inQuotes escapes what would end a quoted name, as browsers do.
var inQuotes = strings.NewReplacer("\r", "%0D", "\n", "%0A", `"`, "%22")

func (f *multipartForm) add(name, fileName, contentType string, content io.Reader) {
	var before strings.Builder
	if len(f.parts) > 0 {
		before.WriteString("\r\n")
	}
	fmt.Fprintf(&before, "--%s\r\n", f.boundary)
	if f.related {
		contentType = cmp.Or(contentType, "text/plain; charset=utf-8")
		if len(f.parts) == 0 {
			f.root = contentType
		}
	} else {
		fmt.Fprintf(&before, "Content-Disposition: form-data; name=\"%s\"", inQuotes.Replace(name))
		if fileName != "" {
			fmt.Fprintf(&before, "; filename=\"%s\"", inQuotes.Replace(fileName))
		}
		before.WriteString("\r\n")
	}
	if contentType != "" {
		before.WriteString("Content-Type: " + contentType + "\r\n")
	}
	before.WriteString("\r\n")
	f.parts = append(f.parts, filePart{before.String(), content})
}

// reader returns a reader of the whole form. It is an io.Seeker if all of its files
// are.
func (f *multipartForm) reader() (io.Reader, error) {
	var readers []io.Reader
	for _, p := range f.parts {
		readers = append(readers, strings.NewReader(p.before), p.content)
	}
	end := "--" + f.boundary + "--\r\n"
	if len(f.parts) > 0 {
		end = "\r\n" + end
	}
	readers = append(readers, strings.NewReader(end))
	for _, r := range readers {
		seeker, ok := r.(io.ReadSeeker)
		if !ok {
			return io.MultiReader(readers...), nil
		}
		if _, err := seeker.Seek(0, io.SeekCurrent); err != nil { // a pipe
			return io.MultiReader(readers...), nil
		}
	}
	s := &sequence{}
	for _, r := range readers {
		piece, err := newRewinder(r.(io.ReadSeeker))
		if err != nil {
			return nil, err
		}
		s.pieces = append(s.pieces, piece)
	}
	_, err := s.Seek(0, io.SeekStart)
	return s, err
}

// sequence reads one piece after the other, each from where it stood at first.
type sequence struct {
	pieces []*rewinder
	now    int // the piece that is read
}

func (s *sequence) Read(p []byte) (int, error) {
	for s.now < len(s.pieces) {
		n, err := s.pieces[s.now].seeker.Read(p)
		if err != io.EOF {
			return n, err
		}
		if s.now++; n > 0 {
			return n, nil
		}
	}
	return 0, io.EOF
}

// Seek tells the length with io.SeekEnd, and goes to the beginning otherwise, which is
// what a [rewinder] asks for.
func (s *sequence) Seek(_ int64, whence int) (int64, error) {
	var length int64
	for _, piece := range s.pieces {
		length += piece.length
	}
	if whence == io.SeekEnd {
		s.now = len(s.pieces)
		return length, nil
	}
	s.now = 0
	for _, piece := range s.pieces {
		if _, err := piece.seeker.Seek(piece.start, io.SeekStart); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

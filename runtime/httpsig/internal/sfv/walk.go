package sfv

import "strings"

// Walker goes through the members of a field or of a part of it:
//
//	members := sfv.Dictionary(text)
//	for members.Next() {
//		… members.Member …
//	}
//	if err := members.Err(); err != nil { … }
type Walker struct {
	// Member is the current member.
	Member
	scan scanner
	of   container
	more bool
	err  error
}

// container is what a Walker goes through.
type container uint8

const (
	dictionary container = iota
	list
	innerList
	parameters
)

// Dictionary walks over the members of a dictionary. It does not drop members whose key
// comes again.
func Dictionary(text string) Walker { return fieldWalker(text, dictionary) }

// List walks over the members of a list.
func List(text string) Walker { return fieldWalker(text, list) }

// Items walks over the items of an inner list. text is the [Member.Value] of one.
func Items(text string) Walker {
	return Walker{scan: scanner{text: text, at: 1}, of: innerList, more: true}
}

// Parameters walks over parameters. text is a [Member.Params] or is checked now.
func Parameters(text string) Walker {
	return Walker{scan: scanner{text: text}, of: parameters, more: text != ""}
}

func fieldWalker(text string, of container) Walker {
	w := Walker{scan: scanner{text: text}, of: of}
	w.scan.spaces()
	w.more = !w.scan.done()
	return w
}

// Next moves to the next member. It returns false at the end and after an error.
func (w *Walker) Next() bool {
	if !w.more || w.err != nil {
		return false
	}
	w.Member = Member{}
	switch w.of {
	case dictionary:
		w.err = w.entry()
	case list:
		if w.err = w.scan.item(&w.Member, true); w.err == nil {
			w.more, w.err = w.scan.comma()
		}
	case innerList:
		w.scan.spaces()
		if w.more = w.scan.peek() != ')'; w.more {
			w.err = w.scan.item(&w.Member, false)
		}
	case parameters:
		w.err = w.param()
	}
	return w.err == nil && w.Kind != 0
}

// Skip skips the next item of an inner list if it is text, character by character. It
// is for callers that know which item to expect, and does not set Member.
func (w *Walker) Skip(text string) bool {
	w.scan.spaces()
	rest, found := strings.CutPrefix(w.scan.text[w.scan.at:], text)
	if !found || rest == "" || rest[0] != ' ' && rest[0] != ')' {
		return false
	}
	w.scan.at += len(text)
	return true
}

// Err returns the error after which Next returned false, nil at the end.
func (w *Walker) Err() error { return w.err }

func (w *Walker) entry() (err error) {
	if w.Key, err = w.scan.key(); err != nil {
		return err
	}
	if w.scan.peek() == '=' {
		w.scan.at++
		err = w.scan.item(&w.Member, true)
	} else {
		w.Kind = Boolean
		err = w.scan.params(&w.Member, w.scan.at)
	}
	if err == nil {
		w.more, err = w.scan.comma()
	}
	return err
}

func (w *Walker) param() (err error) {
	if w.scan.peek() != ';' {
		return w.scan.fail("a semicolon is missing")
	}
	err = w.scan.param(&w.Member)
	w.more = !w.scan.done()
	return err
}

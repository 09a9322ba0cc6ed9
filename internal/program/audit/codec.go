package audit

import (
	"encoding/binary"
	"errors"
)

// codec writes a text, or reads it. Each of its methods does both, so that the form of
// a text is told once: it writes the value that it is given a pointer to, or reads into
// it.
//
// A text is short because each string is written out once, and a position as what
// differs from the one before. A damaged text, which may say anything, takes memory
// in proportion to its length.
type codec struct {
	text    []byte // what is written so far, or left to read
	reading bool
	known   map[string]int // strings that are written → their numbers
	strings []string       // those that are read
	last    wirePos
	err     error // of reading
}

var errEnds = errors.New("they end too early")

// end returns what was wrong with a text that has been read.
func (c *codec) end() error {
	if c.err == nil && len(c.text) > 0 {
		return errors.New("they do not end where they should")
	}
	return c.err
}

func (c *codec) fail(err error) {
	if c.err == nil {
		c.err = err
	}
	c.text = nil
}

func (c *codec) int(v *int) {
	if !c.reading {
		c.text = binary.AppendVarint(c.text, int64(*v))
		return
	}
	n, size := binary.Varint(c.text)
	if size <= 0 {
		c.fail(errEnds)
		return
	}
	*v, c.text = int(n), c.text[size:]
}

func (c *codec) bool(v *bool) {
	n := 0
	if *v {
		n = 1
	}
	c.int(&n)
	*v = n != 0
}

// bytes writes or reads a string as it is, for one that does not come again.
func (c *codec) bytes(v *string) {
	size := len(*v)
	c.int(&size)
	switch {
	case !c.reading:
		c.text = append(c.text, *v...)
	case size < 0 || size > len(c.text):
		c.fail(errEnds)
	default:
		*v, c.text = string(c.text[:size]), c.text[size:]
	}
}

// string writes or reads a string: as it is the first time, and by its number later.
func (c *codec) string(v *string) {
	number, known := c.known[*v]
	if !known {
		number = len(c.known)
	}
	c.int(&number)
	switch {
	case !c.reading && !known:
		c.known[*v] = number
		c.bytes(v)
	case !c.reading:
	case number >= 0 && number < len(c.strings):
		*v = c.strings[number]
	case number == len(c.strings):
		c.bytes(v)
		c.strings = append(c.strings, *v)
	default:
		c.fail(errors.New("a string is missing"))
	}
}

// each writes or reads a list, and calls element for each of its elements. An element
// takes at least a byte, so a list cannot be longer than the text that is left.
func each[T any](c *codec, v *[]T, element func(*T)) {
	size := len(*v)
	c.int(&size)
	if !c.reading {
		for i := range *v {
			element(&(*v)[i])
		}
		return
	}
	if size < 0 || size > len(c.text) {
		c.fail(errEnds)
	}
	for range size {
		var one T
		if element(&one); c.err != nil {
			return
		}
		*v = append(*v, one)
	}
}

// pos writes or reads a position as what differs from the one before. Of no position
// there is the file alone, 0.
func (c *codec) pos(v *wirePos) {
	file := v[0] - c.last[0]
	c.int(&file)
	at := wirePos{c.last[0] + file}
	if at[0] == 0 {
		*v = at
		return
	}
	line := v[1] - c.last[1]
	c.int(&line)
	at[1], at[2] = c.last[1]+line, v[2]
	c.int(&at[2])
	*v, c.last = at, at
}

func (c *codec) ints(v *[]int)       { each(c, v, c.int) }
func (c *codec) texts(v *[]string)   { each(c, v, c.string) }
func (c *codec) places(v *[]wirePos) { each(c, v, c.pos) }

func (c *codec) summary(s *summary) {
	c.string(&s.Path)
	c.string(&s.Name)
	c.texts(&s.Imports)
	for _, flag := range []*bool{&s.Standard, &s.Affected, &s.Runtime, &s.Header, &s.Reflective, &s.Unverified} {
		c.bool(flag)
	}
	c.texts(&s.Interfaces)
	each(c, &s.Linked, func(l *wireLinked) { c.string(&l.File); c.int(&l.Line); c.string(&l.Target) })
	c.string(&s.Table.File)
	c.bytes(&s.Table.Hash)
	each(c, &s.Edited, func(e *wireEdit) { c.string(&e.File); c.string(&e.Why) })
	c.texts(&s.Files)
	each(c, &s.Funcs, func(f *wireFunc) { c.string(&f.Package); c.string(&f.Name); c.int(&f.Recv) })
	each(c, &s.Types, c.typ)
	each(c, &s.Params, func(p *wireParam) { c.string(&p.Name); c.string(&p.Package); c.int(&p.Constraint) })
	each(c, &s.Named, c.named)
	each(c, &s.Nodes, c.node)
	c.ints(&s.Initial)
	each(c, &s.Embedded, func(e *wireEmbedded) { c.int(&e.Type); c.arguments(&e.What) })
	each(c, &s.Allows, func(one *wireComment) { c.pos(&one.At); c.string(&one.Text) })
}

func (c *codec) typ(t *wireType) {
	c.string(&t.Kind)
	c.string(&t.Name)
	c.int(&t.Index)
	c.ints(&t.Parts)
	each(c, &t.Fields, func(f *wireField) { c.string(&f.Name); c.int(&f.Type); c.bool(&f.Embedded); c.bool(&f.Tilde) })
	c.methods(&t.Funcs)
	c.bool(&t.Flag)
}

func (c *codec) methods(v *[]wireMethod) {
	each(c, v, func(m *wireMethod) {
		c.string(&m.Name)
		c.bool(&m.Pointer)
		c.ints(&m.Params)
		c.int(&m.Type)
		c.pos(&m.At)
	})
}

func (c *codec) named(n *wireNamed) {
	for _, text := range []*string{&n.Package, &n.PackageName, &n.Name, &n.Local} {
		c.string(text)
	}
	c.bool(&n.Interface)
	c.int(&n.Arity)
	c.bool(&n.Detailed)
	c.ints(&n.Params)
	c.int(&n.Underlying)
	c.methods(&n.Methods)
	c.bytes(&n.Hashes)
}

func (c *codec) node(n *wireNode) {
	c.pos(&n.At)
	c.int(&n.Func)
	each(c, &n.Refs, func(r *wireReference) { c.int(&r.Func); c.ints(&r.Args); c.pos(&r.At) })
	each(c, &n.Handovers, c.handover)
	c.arguments(&n.Arguments)
	each(c, &n.ByName, c.name)
	c.places(&n.Reflects)
	c.ints(&n.Asserted)
	each(c, &n.Unsafe, c.handover)
	each(c, &n.Described, c.name)
}

func (c *codec) handover(h *wireHandover) {
	c.int(&h.Type)
	c.int(&h.To)
	c.pos(&h.At)
	c.bool(&h.Empty)
	c.bool(&h.Argument)
}

func (c *codec) arguments(v *[]wireArgument) {
	each(c, v, func(a *wireArgument) { c.int(&a.Type); c.pos(&a.At); c.string(&a.Package); c.string(&a.Name) })
}

func (c *codec) name(n *wireName) { c.string(&n.Name); c.pos(&n.At) }

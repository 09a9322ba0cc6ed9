package sandbox

import (
	"container/list"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// object is something that the server remembers, or an example of it.
type object struct {
	home    string // key of the collection that keeps it
	id      string
	parents map[string]string // path parameters above it
	members map[string]any
	made    time.Time // zero if it is an example
	deleted bool      // a deleted example is kept, so that it is not shown again

	size    int
	element *list.Element
}

// seed returns the seed of the values that are made up for an object, so that they
// are the same each time.
func (o *object) seed() string { return seedOf(o.home, o.parents, o.id) }

func seedOf(home string, parents map[string]string, id string) string {
	return instanceOf(home, parents) + "/" + id
}

// instanceOf returns a key for a collection below the given parents.
func instanceOf(home string, parents map[string]string) string {
	names := make([]string, 0, len(parents))
	for name := range parents {
		names = append(names, name)
	}
	slices.Sort(names)
	var key strings.Builder
	key.WriteString(home)
	for _, name := range names {
		key.WriteString("?" + name + "=" + parents[name])
	}
	return key.String()
}

// store keeps objects in the order in which they were made. When there are too
// many, it drops the oldest.
type store struct {
	maxObjects, maxBytes int

	bytes   int
	order   *list.List // of *object, the oldest first
	shelves map[string]*shelf
	made    map[string]int // collection → objects made so far, from which ids are made
}

type shelf struct {
	order *list.List // of *object
	byID  map[string][]*object
	at    map[*object]*list.Element
}

func newStore(maxObjects, maxBytes int) *store {
	return &store{
		maxObjects: maxObjects, maxBytes: maxBytes,
		order: list.New(), shelves: map[string]*shelf{}, made: map[string]int{},
	}
}

func (s *store) put(o *object) {
	sh := s.shelves[o.home]
	if sh == nil {
		sh = &shelf{order: list.New(), byID: map[string][]*object{}, at: map[*object]*list.Element{}}
		s.shelves[o.home] = sh
	}
	if o.element == nil {
		o.element = s.order.PushBack(o)
		sh.at[o] = sh.order.PushBack(o)
		sh.byID[o.id] = append(sh.byID[o.id], o)
	}
	s.bytes -= o.size
	o.size = 500 // an estimate of what the store itself needs for it
	if text, err := json.Marshal(o.members); err == nil {
		o.size += 4 * len(text) // an estimate of the decoded value
	}
	s.bytes += o.size
	for s.order.Len() > 1 && (s.order.Len() > s.maxObjects || s.bytes > s.maxBytes) {
		oldest := s.order.Front().Value.(*object)
		if oldest == o {
			s.order.MoveToBack(o.element)
			continue
		}
		s.drop(oldest)
	}
}

func (s *store) drop(o *object) {
	s.order.Remove(o.element)
	s.bytes -= o.size
	sh := s.shelves[o.home]
	sh.order.Remove(sh.at[o])
	delete(sh.at, o)
	sh.byID[o.id] = slices.DeleteFunc(sh.byID[o.id], func(x *object) bool { return x == o })
	if len(sh.byID[o.id]) == 0 {
		delete(sh.byID, o.id)
	}
	if sh.order.Len() == 0 {
		delete(s.shelves, o.home)
	}
}

// find returns the object with the id, even if it was deleted, unless it is below
// other parents than these. It returns nil if there is none.
func (s *store) find(home, id string, parents map[string]string) *object {
	sh := s.shelves[home]
	if sh == nil {
		return nil
	}
	for _, o := range sh.byID[id] {
		if o.below(parents, false) {
			return o
		}
	}
	return nil
}

// all returns the objects of a collection, including deleted ones, the oldest
// first.
func (s *store) all(home string) []*object {
	sh := s.shelves[home]
	if sh == nil {
		return nil
	}
	objects := make([]*object, 0, sh.order.Len())
	for e := sh.order.Front(); e != nil; e = e.Next() {
		objects = append(objects, e.Value.(*object))
	}
	return objects
}

// below reports whether an object belongs to the parents that a path names: it was
// made below them, or a member of it names them, alone or in a list. If strict is
// false, an object that does not say to which parent it belongs counts too.
func (o *object) below(parents map[string]string, strict bool) bool {
	said := len(parents) == 0
	for name, value := range parents {
		if own, ok := o.parents[name]; ok {
			if own != value {
				return false
			}
			said = true
		} else if own, ok := o.members[name]; ok {
			if !holds(own, value) {
				return false
			}
			said = true
		} else if own, ok := o.members[name+"s"].([]any); ok {
			if !holds(own, value) {
				return false
			}
			said = true
		}
	}
	return said || !strict
}

// holds reports whether the value of a member is the text of a parameter, or a list
// that contains it.
func holds(value any, text string) bool {
	switch v := value.(type) {
	case string:
		return v == text
	case json.Number:
		return v.String() == text
	case bool:
		return v && text == "true" || !v && text == "false"
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { return holds(e, text) })
	}
	return false
}

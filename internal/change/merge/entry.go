package merge

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/internal/yamlmap"
)

// catalogue is the files of one, taken apart into entries: operations, types,
// scopes and settings.
type catalogue struct {
	files   []*file
	entries map[string]*entry
	order   []string // of the entries, as they stand
}

// file is one file of a catalogue.
type file struct {
	name  string
	lines []string // without their ends
	eol   string
	edits []edit
	lists map[string]*list // "operations", "types", and groups by their titles
	fresh []*list          // those that are new
	bare  bool             // it holds operations or types alone
}

// list is a block of entries.
type list struct {
	node   *yaml.Node
	key    int // line of its key, 0 if there is none yet
	indent int // of its entries
	all    []*entry
	grows  bool // something new is added

	// Of a list that is not there yet: its lines, before which line they come, and
	// the list that it is part of if that is new too.
	lines  []string
	before int
	within *list
	group  *span // of a list of scopes: the group
}

type span struct{ first, last, indent int }

// entry is an operation, a type, a scope or a setting.
type entry struct {
	list   *list  // nil for a setting
	kind   string // "operations", "types", "scopes", ""
	key    string // of a setting or a type; the id or the name of an operation or a scope
	group  string // of a scope
	file   *file
	node   *yaml.Node // its value
	item   bool       // it is an item of a list
	first  int        // line
	last   int
	indent int
}

func (e *entry) name() string {
	if e.kind == "" {
		return e.key
	}
	return e.kind + "/" + e.key
}

func (e *entry) form() any {
	if e == nil {
		return nil
	}
	return form(e.node)
}

func member(n *yaml.Node, key string) *yaml.Node {
	return yamlmap.Value(resolved(n), key)
}

// readCatalogue reads files, the table first.
func readCatalogue(names []string, texts map[string][]byte) (*catalogue, error) {
	c := &catalogue{entries: map[string]*entry{}}
	for n, name := range names {
		f := &file{name: name, eol: "\n", lists: map[string]*list{}}
		text := string(texts[name])
		if strings.HasPrefix(text, "\ufeff") {
			return nil, fmt.Errorf("%s starts with a byte order mark: remove it", name)
		}
		if strings.Contains(text, "\r\n") {
			f.eol = "\r\n"
			text = strings.ReplaceAll(text, "\r\n", "\n")
		}
		f.lines = strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		c.files = append(c.files, f)
		var document yaml.Node
		if err := yaml.Unmarshal([]byte(text), &document); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if len(document.Content) == 0 {
			continue
		}
		if err := c.read(f, document.Content[0], n == 0); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *catalogue) read(f *file, root *yaml.Node, table bool) error {
	if root.Kind != yaml.MappingNode || root.Style&yaml.FlowStyle != 0 {
		return fmt.Errorf("%s is no mapping over several lines", f.name)
	}
	f.bare = !table
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], resolved(root.Content[i+1])
		var err error
		switch {
		case key.Value == "operations":
			err = c.items(f, f.list(key, value), "operations", "id", "")
		case key.Value == "types":
			l := f.list(key, value)
			if value.Kind == yaml.MappingNode && len(value.Content) > 0 {
				if l.indent = value.Content[0].Column - 1; value.Style&yaml.FlowStyle != 0 {
					return fmt.Errorf("%s: line %d: the types stand between braces", f.name, value.Line)
				}
			}
			for k := 0; k+1 < len(value.Content) && err == nil; k += 2 {
				name := value.Content[k]
				err = c.add(l, &entry{kind: "types", key: name.Value, file: f, node: value.Content[k+1], first: name.Line, indent: name.Column - 1})
			}
		case key.Value == "include" && table:
			f.list(key, value)
		case key.Value == "groups" && table:
			err = c.groups(f, key, value)
		case table:
			err = c.add(nil, &entry{key: key.Value, file: f, node: value, first: key.Line, indent: key.Column - 1})
		default:
			f.bare = false
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// built adds the entries of a file that was built and that nobody has edited: they
// stand in no lines.
func (c *catalogue) built(root *yaml.Node, table bool) {
	add := func(e *entry) { c.entries[e.name()] = e }
	items := func(kind, field, group string, n *yaml.Node) {
		for _, item := range n.Content {
			add(&entry{kind: kind, key: member(item, field).Value, group: group, node: item})
		}
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i].Value, root.Content[i+1]
		switch {
		case key == "operations":
			items("operations", "id", "", value)
		case key == "types":
			for k := 0; k+1 < len(value.Content); k += 2 {
				add(&entry{kind: "types", key: value.Content[k].Value, node: value.Content[k+1]})
			}
		case key == "groups" && table:
			for _, g := range value.Content {
				items("scopes", "scope", member(g, "title").Value, member(g, "scopes"))
			}
		case key != "include" && table:
			add(&entry{key: key, node: value})
		}
	}
}

func (f *file) list(key, value *yaml.Node) *list {
	l := &list{node: value, key: key.Line, indent: key.Column + 1}
	f.lists[key.Value] = l
	return l
}

// items reads the entries of a sequence. field tells them apart.
func (c *catalogue) items(f *file, l *list, kind, field, group string) error {
	if l.node.Kind != yaml.SequenceNode {
		return nil // it is empty
	}
	if len(l.node.Content) > 0 && l.node.Style&yaml.FlowStyle != 0 {
		return fmt.Errorf("%s: line %d: the %s stand between brackets", f.name, l.node.Line, kind)
	}
	for _, item := range l.node.Content {
		item = resolved(item)
		name := member(item, field)
		if name == nil {
			return fmt.Errorf("%s: line %d: an item has no %s", f.name, item.Line, field)
		}
		first, indent := f.dash(item.Line)
		if l.indent = indent; indent < 0 {
			return fmt.Errorf("%s: line %d: the item starts in no line of its own", f.name, item.Line)
		}
		if err := c.add(l, &entry{kind: kind, key: name.Value, group: group, file: f, node: item, item: true, first: first, indent: indent}); err != nil {
			return err
		}
	}
	return nil
}

// dash finds the line and the indent of the dash before an item, which may stand
// above it.
func (f *file) dash(line int) (first, indent int) {
	for n := line; n > 0; n-- {
		text := f.lines[n-1]
		trimmed := strings.TrimLeft(text, " ")
		if trimmed == "-" || strings.HasPrefix(trimmed, "- ") {
			return n, len(text) - len(trimmed)
		}
		if n < line && trimmed != "" && trimmed[0] != '#' {
			break
		}
	}
	return line, -1
}

func (c *catalogue) groups(f *file, key, value *yaml.Node) error {
	all := f.list(key, value)
	if value.Kind != yaml.SequenceNode {
		return nil
	}
	if len(value.Content) > 0 && value.Style&yaml.FlowStyle != 0 {
		return fmt.Errorf("%s: line %d: the groups stand between brackets", f.name, value.Line)
	}
	for _, g := range value.Content {
		title := member(g, "title")
		i := yamlmap.Index(g.Content, "scopes")
		if title == nil || i < 0 || g.Style&yaml.FlowStyle != 0 {
			return fmt.Errorf("%s: line %d: a group is written in another way than title and scopes below each other", f.name, g.Line)
		}
		first, indent := f.dash(g.Line)
		if all.indent = indent; indent < 0 {
			return fmt.Errorf("%s: line %d: the group starts in no line of its own", f.name, g.Line)
		}
		l := &list{node: resolved(g.Content[i+1]), key: g.Content[i].Line, indent: g.Content[i].Column + 1}
		l.group = &span{first, f.extent(first, indent, true), indent}
		if f.lists["group "+title.Value] != nil {
			return fmt.Errorf("%s: line %d: a second group is called %q", f.name, g.Line, title.Value)
		}
		f.lists["group "+title.Value] = l
		if err := c.items(f, l, "scopes", "scope", title.Value); err != nil {
			return err
		}
	}
	return nil
}

func (c *catalogue) add(l *list, e *entry) error {
	e.last = e.file.extent(e.first, e.indent, e.item)
	if other := c.entries[e.name()]; other != nil {
		return fmt.Errorf("%s: line %d: %s stands here too", e.file.name, e.first, e.name())
	}
	if l != nil {
		l.all = append(l.all, e)
		e.list = l
	}
	c.entries[e.name()] = e
	c.order = append(c.order, e.name())
	return nil
}

// extent returns the last line of an entry: what follows is indented less.
func (f *file) extent(first, indent int, item bool) int {
	last := first
	for n := first + 1; n <= len(f.lines); n++ {
		text := f.lines[n-1]
		trimmed := strings.TrimLeft(text, " ")
		switch in := len(text) - len(trimmed); {
		case trimmed == "":
		case in > indent, in == indent && !item && (trimmed == "-" || strings.HasPrefix(trimmed, "- ")):
			last = n
		default:
			return last
		}
	}
	return last
}

// fragment parses an entry alone, so that the comments in it are its own.
func (e *entry) fragment() (*yaml.Node, error) {
	var b strings.Builder
	for n := e.first; n <= e.last; n++ {
		text := e.file.lines[n-1]
		b.WriteString(strings.TrimPrefix(text, strings.Repeat(" ", min(e.indent, len(text)))) + "\n")
	}
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(b.String()), &document); err != nil || len(document.Content) != 1 {
		return nil, fmt.Errorf("%s: line %d: %s is written in a way that cannot be changed alone", e.file.name, e.first, e.name())
	}
	if !equal(form(e.of(&document)), e.form()) {
		return nil, fmt.Errorf("%s: line %d: %s is written in a way that cannot be changed alone", e.file.name, e.first, e.name())
	}
	return &document, nil
}

// of returns the value of an entry in its fragment.
func (e *entry) of(document *yaml.Node) *yaml.Node {
	root := document.Content[0]
	if e.item {
		if root.Kind == yaml.SequenceNode && len(root.Content) == 1 {
			return root.Content[0]
		}
		return nil
	}
	if root.Kind == yaml.MappingNode && len(root.Content) == 2 {
		return root.Content[1]
	}
	return nil
}

// put sets the value of an entry in its fragment.
func (e *entry) put(document, value *yaml.Node) {
	root := document.Content[0]
	root.Content[len(root.Content)-1] = value
}

// encode returns the lines of a fragment where the entry stands.
func (e *entry) encode(document *yaml.Node) ([]string, error) {
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(document); err != nil {
		return nil, err
	}
	if err := encoder.Close(); err != nil {
		return nil, err
	}
	return indented(strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n"), e.indent), nil
}

// at returns the lines of an entry, indented as in another list.
func (e *entry) at(indent int) []string {
	return indented(dedented(e.file.lines[e.first-1:e.last], e.indent), indent)
}

// above returns the first line of the comments right above an entry, or its own.
func (e *entry) above() int {
	n := e.first
	for n > 1 {
		text := e.file.lines[n-2]
		if trimmed := strings.TrimLeft(text, " "); !strings.HasPrefix(trimmed, "#") || len(text)-len(trimmed) != e.indent {
			break
		}
		n--
	}
	return n
}

// comments returns the comments in an entry, a line each.
func (e *entry) comments() ([]string, error) {
	root, err := e.fragment()
	if err != nil {
		return nil, err
	}
	var out []string
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		for _, comment := range []string{n.HeadComment, n.LineComment} {
			if comment != "" {
				out = append(out, strings.Split(comment, "\n")...)
			}
		}
		for _, child := range n.Content {
			walk(child)
		}
		if n.FootComment != "" {
			out = append(out, strings.Split(n.FootComment, "\n")...)
		}
	}
	walk(root)
	out = slices.DeleteFunc(out, func(l string) bool { return strings.TrimSpace(l) == "" })
	return indented(out, e.indent), nil
}

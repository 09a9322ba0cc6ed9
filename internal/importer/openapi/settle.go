package openapi

import (
	"fmt"
	"maps"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing/fstest"
	"unicode"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/catalogue/write"
	"github.com/scopegen/scopegen/internal/generate/plan"
	"github.com/scopegen/scopegen/internal/yamlmap"
	"github.com/scopegen/scopegen/spec"
	"gopkg.in/yaml.v3"
)

// mostRounds bounds how often a catalogue is checked and corrected. Each round
// corrects every finding that the one before could not see.
const mostRounds = 40

// settle checks the catalogue as lint does, and corrects what it finds: it names
// what would share a Go name with something else, and puts "any value" in the
// place of types that Go cannot have. Each correction is a note. What it cannot
// correct stays for lint to report.
//
// The catalogue is checked as the trees that it will be written from: writing and
// reading it again for each round would take most of an import's time.
func (i *importer) settle(trees map[string]*yaml.Node) (map[string][]byte, error) {
	if err := checkTexts(trees); err != nil {
		return nil, err
	}
	s := settler{importer: i, trees: trees, tried: map[string]bool{}, last: map[string]int{}, enums: map[*yaml.Node]*enumNames{}, given: map[string]bool{}}
	separate(trees)
	settled := false
	for range mostRounds {
		p, findings := s.check()
		if p != nil {
			s.clients = clientsOf(p)
		}
		if settled = findings.Err() == nil; settled || !s.correct(findings) {
			break
		}
	}
	for _, n := range s.noted {
		for _, node := range n.around {
			node.Line = 0 // until it is written, if it still is in the tree
		}
	}
	i.forgetStyles(trees["scopes.yaml"])
	if i.preview && settled {
		return nil, nil
	}
	files := map[string][]byte{}
	for name, tree := range trees {
		plainNumbers(tree)
		var err error
		if files[name], err = write.Document(tree); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if !settled {
		_, i.remaining = check(load(files))
	} else {
		for _, name := range slices.Sorted(maps.Keys(files)) {
			i.remaining = append(i.remaining, spec.TooLong(name, files[name])...) // trees have no length
		}
	}
	s.placeNotes()
	return files, nil
}

// checkTexts returns an error if the texts of a catalogue are too long together. It names
// the one that takes most of them.
func checkTexts(trees map[string]*yaml.Node) error {
	size := 0
	for _, tree := range trees {
		walk(tree, func(text string) { size += len(text) })
	}
	if size <= mostTexts {
		return nil
	}
	sums, most := map[string]int{}, ""
	for _, tree := range trees {
		walk(tree, func(text string) {
			if sums[text] += len(text); sums[text] > sums[most] {
				most = text
			}
		})
	}
	return fmt.Errorf("the catalogue would hold texts of %d MiB, and at most %d MiB are written: shorten the text that begins with %q, to which the document refers most, or divide the document",
		size>>20, mostTexts>>20, shortened(most, 40))
}

// walk calls visit with each text of a tree.
func walk(n *yaml.Node, visit func(text string)) {
	visit(n.Value)
	for _, child := range n.Content {
		walk(child, visit)
	}
}

type settler struct {
	*importer
	trees map[string]*yaml.Node // by the name of their files
	tried map[string]bool       // place and name, of names that were given there
	last  map[string]int        // place and name → the number that it was given last
	enums map[*yaml.Node]*enumNames
	given map[string]bool // notes, each once
	noted []noted
}

// noted is a note about a node of the catalogue.
type noted struct {
	note   int // its index
	file   string
	around []*yaml.Node // the node and those around it, the innermost last
}

// check plans the catalogue, and returns what is wrong with it. It collects garbage
// before: nothing lives then but the trees, and the memory of the document, or of the
// check before, serves for this one.
func (s *settler) check() (*plan.Plan, diag.List) {
	runtime.GC()
	for _, tree := range s.trees {
		number(tree)
	}
	return check(spec.LoadTrees(s.trees, "scopes.yaml"))
}

// load reads the catalogue that the files make up.
func load(files map[string][]byte) (*spec.Catalogue, diag.List) {
	fsys := fstest.MapFS{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fsys[name] = &fstest.MapFile{Data: files[name]}
	}
	return spec.Load(fsys, "scopes.yaml")
}

// check plans a catalogue that was loaded, and adds what is found.
func check(c *spec.Catalogue, findings diag.List) (*plan.Plan, diag.List) {
	if c == nil {
		return nil, findings
	}
	p, found := plan.Build(c, "catalogue")
	return p, append(findings, found...)
}

// placeNotes puts the notes where the files have what they are about, or what is
// around it if that is gone.
func (s *settler) placeNotes() {
	for _, n := range s.noted {
		for _, node := range slices.Backward(n.around) {
			if node.Line > 0 {
				s.notes[n.note].Pos = diag.Position{File: n.file, Line: node.Line, Column: node.Column}
				break
			}
		}
	}
}

// correct corrects what it can of the findings, and reports whether it did.
func (s *settler) correct(findings diag.List) bool {
	wanted := map[string]map[int]bool{}
	for _, f := range findings {
		for _, pos := range places(f) {
			if wanted[pos.File] == nil {
				wanted[pos.File] = map[int]bool{}
			}
			wanted[pos.File][pos.Line] = true
		}
	}
	found := map[string]*tree{}
	for file, lines := range wanted {
		if root := s.trees[file]; root != nil {
			found[file] = find(root, lines)
		}
	}
	return s.pass(findings, found, false) || s.pass(findings, found, true)
}

// places returns where a finding is, and what it relates to.
func places(f diag.Diagnostic) []spec.Position {
	list := []spec.Position{f.Pos}
	for _, r := range f.Related {
		list = append(list, r.Pos)
	}
	return list
}

// follows reports whether a finding most likely follows from another one: values
// of two enums share their names because the enums do.
func follows(f diag.Diagnostic) bool {
	return strings.HasPrefix(f.Message, "the enum value ") && len(f.Related) > 0 && strings.HasPrefix(f.Related[0].Message, "the enum value ")
}

func (s *settler) pass(findings diag.List, found map[string]*tree, last bool) (corrected bool) {
	done := map[*yaml.Node]bool{}
	for _, f := range findings {
		if f.Severity != diag.Error || !last && follows(f) {
			continue
		}
		pos := f.Pos
		if f.Code == "go-name-clash" && len(f.Related) > 0 && yields(f) {
			pos = f.Related[0].Pos
		}
		t := found[pos.File]
		if t == nil {
			continue
		}
		if len(f.Related) > 0 {
			if other := found[f.Related[0].Pos.File]; other != nil && namesOther(f, t.values[pos.Line].node, other.values[f.Related[0].Pos.Line].node) {
				t, pos = other, f.Related[0].Pos
			}
		}
		before := len(s.notes)
		for _, r := range f.Related {
			// Neither list need be wrong, and others may use it: where they meet is what cannot be.
			if r.Message == "the type that has both" && found[r.Pos.File] != nil && !isAnything(found[r.Pos.File].mappings[r.Pos.Line].node) {
				t, pos, f.Pos = found[r.Pos.File], r.Pos, r.Pos
			}
		}
		if part := t.mappings[pos.Line].node; f.Code == "composition" && len(f.Related) > 0 && isAnything(part) && !done[part] {
			// A round before has corrected this part. It is the others that cannot be joined.
			joined := f.Related[len(f.Related)-1].Pos
			if t, pos = found[joined.File], joined; t == nil {
				continue
			}
			f.Pos, f.Message = joined, "the types that meet here have parts that Go cannot join"
		}
		if !s.fix(t, f, pos, done) {
			continue
		}
		corrected = true
		if at := found[f.Pos.File]; at != nil {
			for note := before; note < len(s.notes); note++ {
				s.noted = append(s.noted, noted{note, f.Pos.File, at.around[f.Pos.Line]})
			}
		}
	}
	return corrected
}

// namesOther reports whether of two values of enums that share a name it is the other
// that gets one of its own. An empty text cannot be a key of enum_names, and of "+1" and
// "-1" it is the one with a sign that has a name to tell it by.
func namesOther(f diag.Diagnostic, value, other *yaml.Node) bool {
	switch {
	case value == nil:
		return false
	case value.Value == "":
		return true
	}
	return other != nil && strings.HasPrefix(f.Message, "the enum values ") && !hasSigns(value.Value) && hasSigns(other.Value)
}

// yields reports whether the first of two things that share a name is the one to
// rename: a type without a name of its own, before one that has one, and a type
// before what is named after an operation.
func yields(f diag.Diagnostic) bool {
	first := f.Related[0].Message
	return first == "the inline type here" && strings.HasPrefix(f.Message, "the type ") ||
		strings.HasPrefix(first, "the type ") && (strings.HasPrefix(f.Message, "the parameters of") || strings.HasPrefix(f.Message, "the result of") || strings.HasPrefix(f.Message, "the client"))
}

var clashing = regexp.MustCompile(`Go (?:name|field|method|argument) "?(\w+)`)

// clashingNames are the names of two things in the message that they clash. Without them it is
// one message for all that clash there, so that each gets a number of its own.
var clashingNames = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

var twoVariants = regexp.MustCompile(`^two variants of (\w+) `)

// fix corrects one finding, and reports whether it did.
func (s *settler) fix(t *tree, f diag.Diagnostic, pos spec.Position, done map[*yaml.Node]bool) bool {
	at := pos.Line
	value, isValue := t.values[at]
	mapping, isMapping := t.mappings[at]
	if isValue && value.key != nil && value.key.Value == "$ref" {
		parent := value.within[len(value.within)-1]
		mapping, isMapping = spot{parent, value.within[:len(value.within)-1], nil}, true
	}
	key, isKey := t.keys[at]
	once := func(n *yaml.Node) bool {
		if done[n] {
			return false
		}
		done[n] = true
		return true
	}
	switch f.Code {
	case "go-name-clash", "no-go-name", "package-clash":
		name := "X"
		if m := clashing.FindStringSubmatch(f.Message); m != nil && f.Code == "go-name-clash" {
			name = m[1]
		}
		switch {
		case f.Code == "package-clash" && isMapping:
			scope, _ := member1(mapping.node, "scope")
			domain := packageName(strings.Join(words(scope), ""), "api")
			if taken, _ := member1(mapping.node, "domain"); taken == domain { // the API is called so itself
				domain = "operations"
			}
			return once(mapping.node) && s.name(f, mapping.node, "domain", domain)
		case strings.HasPrefix(f.Message, "the enum value") || strings.Contains(f.Message, "from the enum value"):
			if !isValue || len(value.within) < 2 {
				return false
			}
			return once(value.node) && s.nameValue(f, value)
		case strings.HasPrefix(f.Message, "the client of the scope ") && isMapping:
			return once(mapping.node) && s.name(f, mapping.node, "client", s.next("", name, false))
		case (strings.HasPrefix(f.Message, "the members") || strings.Contains(f.Message, "from the member")) && isKey && key.node.Kind == yaml.MappingNode:
			fresh := hasSigns(key.key.Value)
			if fresh {
				name = spelt(key.key.Value, name)
			}
			return once(key.node) && s.name(f, key.node, "go_name", s.next(clashingNames.ReplaceAllString(f.Message, ""), name, fresh))
		case isMapping:
			suffix, within := "", ""
			if strings.Contains(f.Message, "both become the Go") {
				within = clashingNames.ReplaceAllString(f.Message, "")
			}
			if m := twoVariants.FindStringSubmatch(f.Message); m != nil {
				name = m[1] + name // the name of its type, too
			}
			switch {
			case strings.HasPrefix(f.Message, "the inline type") || len(f.Related) > 0 && pos == f.Related[0].Pos && f.Related[0].Message == "the inline type here":
				suffix = "Value"
			case strings.HasPrefix(f.Message, "the type ") || len(f.Related) > 0 && pos == f.Related[0].Pos:
				suffix = "Type"
			case strings.HasPrefix(f.Message, "the operation ") && mapping.node.Kind == yaml.MappingNode:
				// The name is that of a function or a variable of the operation.
				id, _ := member1(mapping.node, "id")
				name = exportedWords(id)
			}
			if suffix != "" {
				name = strings.TrimSuffix(name, suffix) + suffix
			}
			return once(mapping.node) && s.name(f, mapping.node, "go_name", s.next(within, name, suffix != ""))
		}
	case "required":
		if !isValue || len(value.within) < 2 {
			return false
		}
		object := value.within[len(value.within)-2]
		n := yamlmap.Value(object, "properties")
		if n == nil {
			n = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
			object.Content = append(object.Content, scalar("properties"), n)
		}
		n.Content = append(n.Content, scalar(value.node.Value), anything())
		s.noteIn(Bent, f, fmt.Sprintf("the member %q is required and not described: any value is taken", value.node.Value))
		return true
	case "unusable-member":
		if !isKey {
			return false
		}
		object := key.within[len(key.within)-2]
		removeMember(key.within[len(key.within)-1], key.key.Value)
		if r := yamlmap.Value(object, "required"); r != nil {
			r.Content = slices.DeleteFunc(r.Content, func(n *yaml.Node) bool { return n.Value == key.key.Value })
			if len(r.Content) == 0 {
				removeMember(object, "required")
			}
		}
		s.noteIn(LeftOut, f, fmt.Sprintf("the member %q is left out: encoding/json cannot read it; it arrives among the further members", key.key.Value))
		return true
	case "enum-value", "value-type", "duplicate-value":
		if !isValue || len(value.within) < 1 {
			return false
		}
		enum := value.within[len(value.within)-1]
		if enum.Kind != yaml.SequenceNode {
			return false
		}
		enum.Content = slices.DeleteFunc(enum.Content, func(n *yaml.Node) bool { return n == value.node })
		if len(enum.Content) == 0 && len(value.within) > 1 {
			for _, name := range []string{"enum", "required"} {
				if yamlmap.Value(value.within[len(value.within)-2], name) == enum {
					removeMember(value.within[len(value.within)-2], name)
				}
			}
		}
		s.noteIn(Bent, f, f.Message+": left out")
		return true
	case "discriminator":
		around := mapping
		if isKey || isValue {
			around = key
			if isValue {
				around = value
			}
		}
		for n := len(around.within) - 1; n >= 0; n-- {
			if yamlmap.Value(around.within[n], "discriminator") != nil {
				removeMember(around.within[n], "discriminator")
				s.noteIn(Bent, f, f.Message+": the discriminator is left out, and values are told apart by what they hold")
				return true
			}
		}
	case "form":
		if isKey && once(key.node) {
			*key.node = *bytesSchema()
			s.noteIn(Bent, f, f.Message+": the body is bytes, as the caller writes them")
			return true
		}
	case "header-taken":
		if isMapping && len(mapping.within) > 0 {
			list := mapping.within[len(mapping.within)-1]
			list.Content = slices.DeleteFunc(list.Content, func(n *yaml.Node) bool { return n == mapping.node })
			s.noteIn(LeftOut, f, f.Message+": left out")
			return true
		}
	case "parameter-type":
		if isMapping && once(mapping.node) {
			removeMember(mapping.node, "schema")
			mapping.node.Content = append(mapping.node.Content, scalar("schema"), one("type", scalar("string")))
			s.noteIn(Bent, f, f.Message+": it is a text, as the caller writes it")
			return true
		}
	case "paging", "paging-member", "paging-parameter", "paging-first", "paging-without-list", "paging-without-parameter":
		if isValue && value.key != nil && value.key.Value == "paging" {
			s.unpage(value.node.Value)
			removeMember(value.within[len(value.within)-1], "paging")
			s.noteIn(Assumed, f, f.Message+": it reads one page")
			return true
		}
	case "bounds":
		if isValue && value.key != nil {
			removeMember(value.within[len(value.within)-1], value.key.Value)
			s.noteIn(Bent, f, f.Message+": the bound is left out")
			return true
		}
	case "default":
		if isValue && value.key != nil && value.key.Value == "default" {
			removeMember(value.within[len(value.within)-1], "default")
			s.noteIn(Bent, f, f.Message+": left out")
			return true
		}
	}
	if f.Code == "composition" && isMapping && isAnything(mapping.node) {
		// Rounds before have corrected all parts: what holds them cannot be joined.
		mapping, isMapping = enclosing(mapping)
	}
	if isMapping && isSchema(mapping) && !isAnything(mapping.node) && once(mapping.node) && (f.Code == "composition" || f.Code == "type-cycle" || f.Code == "go-name-clash" || f.Code == "reference" || f.Code == "dangling-reference") {
		s.noteIn(Bent, f, f.Message+": any value is taken")
		description := yamlmap.Value(mapping.node, "description")
		mapping.node.Content = nil
		if description != nil {
			mapping.node.Content = []*yaml.Node{scalar("description"), description}
		}
		mapping.node.Style |= yaml.FlowStyle
		return true
	}
	return false
}

// enclosing returns the innermost schema around a part of one, and whether there is one.
func enclosing(part spot) (spot, bool) {
	for n := len(part.within) - 1; n >= 2; n-- { // a file holds types and operations, which hold schemas
		node, around := part.within[n], part.within[n-1]
		if node.Kind != yaml.MappingNode || yamlmap.Value(around, "properties") == node {
			continue
		}
		for _, key := range []string{"type", "allOf", "oneOf", "anyOf", "properties", "additionalProperties"} {
			if yamlmap.Value(node, key) != nil {
				return spot{node, part.within[:n], nil}, true
			}
		}
	}
	return spot{}, false
}

// isAnything reports whether a schema describes any value.
func isAnything(n *yaml.Node) bool {
	return n != nil && n.Kind == yaml.MappingNode && (len(n.Content) == 0 || len(n.Content) == 2 && n.Content[0].Value == "description")
}

// isSchema reports whether a mapping can be replaced by a schema of any value.
func isSchema(s spot) bool {
	for _, key := range []string{"id", "in", "scope"} {
		if len(s.within) < 3 && yamlmap.Value(s.node, key) != nil {
			return false
		}
	}
	return true
}

// name sets a key of a mapping that gives a Go name.
func (s *settler) name(f diag.Diagnostic, n *yaml.Node, key, name string) bool {
	removeMember(n, key)
	n.Content = append(n.Content, scalar(key), scalar(name))
	s.named++
	if s.given[f.Message] {
		return true
	}
	s.given[f.Message] = true
	s.noteIn(Named, f, fmt.Sprintf("%s: %s: %s tells them apart", f.Message, key, name))
	return true
}

// enumNames is what the values of an enum are called.
type enumNames struct {
	unnamed map[string]int    // how many are called so without a name of their own
	names   map[string]string // by the value, of those that have one
	taken   map[string]bool   // these names
	last    map[string]int    // the number that a name was given last
}

// namesOf returns what the values of an enum are called: given are its enum_names.
func (s *settler) namesOf(enum, given *yaml.Node) *enumNames {
	n := s.enums[enum]
	if n != nil {
		return n
	}
	n = &enumNames{map[string]int{}, map[string]string{}, map[string]bool{}, map[string]int{}}
	for _, value := range enum.Content {
		n.unnamed[plan.ConstantName(value.Value)]++
	}
	for k := 0; k+1 < len(given.Content); k += 2 {
		name := given.Content[k+1].Value
		n.names[given.Content[k].Value], n.taken[name] = name, true
	}
	s.enums[enum] = n
	return n
}

// next returns a name for a value that no other has, and that it did not have before.
func (n *enumNames) next(value string, clashes bool) string {
	called := spelt(value, "Value")
	for {
		n.last[called]++
		name := called
		if last := n.last[called]; last > 1 {
			name += strconv.Itoa(last)
		}
		others := n.unnamed[name]
		if !clashes && plan.ConstantName(value) == name {
			others--
		}
		if others == 0 && !n.taken[name] {
			return name
		}
	}
}

// nameValue names a value of an enum.
func (s *settler) nameValue(f diag.Diagnostic, v spot) bool {
	object, enum := v.within[len(v.within)-2], v.within[len(v.within)-1]
	if yamlmap.Value(object, "enum") != enum {
		return false // the type has just become any value
	}
	given := yamlmap.Value(object, "enum_names")
	if given == nil {
		given = flow(newObject().Node)
		object.Content = append(object.Content, scalar("enum_names"), given)
	}
	names, value := s.namesOf(enum, given), v.node.Value
	name := names.next(value, f.Code == "go-name-clash")
	if before, named := names.names[value]; named {
		removeMember(given, value)
		delete(names.taken, before)
	}
	names.names[value], names.taken[name] = name, true
	given.Content = append(given.Content, scalar(value), scalar(name))
	s.named++
	s.noteIn(Named, f, fmt.Sprintf("%s: the value %q is called %s", f.Message, value, name))
	return true
}

// next returns a name like name that has not been tried within the given scope of
// names. The name itself is tried only if it is fresh: if it is not the one that
// clashes.
func (s *settler) next(within, name string, fresh bool) string {
	within += " "
	for n := max(s.last[within+name], 1); ; n++ {
		candidate := name
		if n > 1 {
			candidate += strconv.Itoa(n)
		}
		if (n > 1 || fresh) && !s.tried[within+candidate] {
			s.tried[within+candidate], s.last[within+name] = true, n
			return candidate
		}
	}
}

func (s *settler) noteIn(code string, f diag.Diagnostic, message string) {
	s.notes = append(s.notes, diag.Diagnostic{Severity: diag.Warning, Code: code, Pos: f.Pos, Message: message})
}

// signs are words for characters that Go names cannot hold.
var signs = map[rune]string{
	'+': "Plus", '-': "Minus", '/': "Slash", '*': "Star", '.': "Dot", '#': "Hash", '$': "Dollar", '%': "Percent", '&': "And", '=': "Equal", '<': "Less", '>': "Greater",
	'!': "Not", '?': "Question", '@': "At", '~': "Tilde", '^': "Caret", '|': "Or", ':': "Colon", ',': "Comma", ';': "Semicolon", '_': "Underscore", ' ': "Space", '(': "Open", ')': "Close",
	'[': "From", ']': "To", '\'': "Quote", '"': "Quotes",
}

// spelt returns a Go name for text in which signs are words, or other if text
// holds nothing to make a name of. Hyphens, underscores, dots and spaces behind
// the first character are no signs.
func spelt(text, other string) string {
	var b strings.Builder
	for n, r := range text {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r):
			b.WriteRune(r)
		case n > 0 && strings.ContainsRune("-_ .", r):
			b.WriteByte(' ')
		case signs[r] != "":
			b.WriteString(" " + signs[r] + " ")
		default:
			fmt.Fprintf(&b, " U%04X ", r)
		}
	}
	if name := exportedWords(b.String()); name != "" {
		return name
	}
	return other
}

// hasSigns reports whether spelt makes words of characters of the text.
func hasSigns(text string) bool {
	for n, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && (n == 0 || !strings.ContainsRune("-_ .", r)) {
			return true
		}
	}
	return false
}

// words splits text at everything that is neither letter nor digit.
func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// exportedWords joins words, each with a capital first.
func exportedWords(text string) string {
	var b strings.Builder
	for _, w := range words(text) {
		runes := []rune(w)
		runes[0] = unicode.ToUpper(runes[0])
		b.WriteString(string(runes))
	}
	name := b.String()
	if name != "" && !unicode.IsUpper([]rune(name)[0]) {
		name = "X" + name
	}
	return name
}

func member1(n *yaml.Node, key string) (string, bool) {
	if m := yamlmap.Value(n, key); m != nil {
		return m.Value, true
	}
	return "", false
}

func removeMember(n *yaml.Node, key string) {
	if k := yamlmap.Index(n.Content, key); k >= 0 {
		n.Content = slices.Delete(n.Content, k, k+2)
	}
}

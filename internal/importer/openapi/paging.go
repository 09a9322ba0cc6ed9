package openapi

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/internal/yamlmap"
	"github.com/scopegen/scopegen/spec"
)

// Paging is a style of paging that import gives to operations.
type Paging struct {
	Name  string
	Style spec.PagingStyle
}

// String tells what a style reads pages by.
func (p Paging) String() string {
	s := p.Style
	switch {
	case s.Kind == "link" && s.Next == "":
		return "the header field Link"
	case s.Kind == "link":
		return fmt.Sprintf("the link %s", s.Next)
	case s.Last != "":
		return fmt.Sprintf("%s, the %s of the last item", s.Cursor, s.Last)
	case s.Kind == "page":
		return fmt.Sprintf("%s, a number from %d", s.Page, s.Start())
	case s.Start() == 1:
		return fmt.Sprintf("%s, the number of an item from 1", s.Offset)
	}
	return s.Parameter()
}

// Paged tells how many operations have a style.
type Paged struct {
	Paging
	Operations int
}

// page gives each operation whose list is read in pages its style: the first that fits
// it. If somebody has decided so, these are not only the recorded ones, but also those
// that parameters and responses show. It counts the lists that show one and have none.
func (i *importer) page() {
	p := &pager{types: map[string]*yaml.Node{}, shapes: map[*yaml.Node]*shape{}}
	for _, t := range i.typeNodes {
		p.types[t.name] = t.Node
	}
	var lists []*pagedList
	for _, domain := range i.order {
		for _, op := range i.files[domain].operations {
			if list, ok := p.list(op); ok {
				lists = append(lists, list)
			}
		}
	}
	for _, given := range i.options.Paging {
		i.paged = append(i.paged, Paged{Paging: given})
	}
	if i.options.Pages {
		i.recogniseStyles(lists)
	}
	for _, list := range lists {
		if at := slices.IndexFunc(i.paged, func(s Paged) bool { return list.fits(&s.Style) }); at >= 0 {
			i.paged[at].Operations++
			object{list.operation}.setText("paging", i.paged[at].Name)
		} else if _, ok := list.recognise(); ok {
			i.unpaged++
		}
	}
}

// mostStyles bounds how many styles are recognised. A table with more is of no use.
const mostStyles = 100

// recogniseStyles adds the styles that lists show. They stand in the order in which a
// list is tried for them, so that the next import, which has them from the table, gives
// each list the same; and before one that says less of the way to the next page.
func (i *importer) recogniseStyles(lists []*pagedList) {
	names := map[string]bool{}
	for _, s := range i.paged {
		names[likeGo(s.Name)] = true
	}
	type ranked struct {
		spec.PagingStyle
		rank, keys int
	}
	var found []ranked
	for _, list := range lists {
		style, ok := list.recognise()
		if !ok || slices.ContainsFunc(i.paged, func(s Paged) bool { return list.fits(&s.Style) }) {
			continue
		}
		if len(found) < mostStyles && !slices.ContainsFunc(found, func(r ranked) bool { return reflect.DeepEqual(r.PagingStyle, style) }) {
			found = append(found, ranked{style, rankOf(&style), len(styleNode(&style).Content)})
		}
	}
	slices.SortStableFunc(found, func(a, b ranked) int { return cmp.Or(a.rank-b.rank, b.keys-a.keys) })
	for _, r := range found {
		i.paged = append(i.paged, Paged{Paging: Paging{styleName(names, &r.PagingStyle), r.PagingStyle}})
	}
}

// rankOf returns the place of a style among those that a list is tried for.
func rankOf(s *spec.PagingStyle) int {
	switch {
	case s.Kind == "cursor" && s.Next != "":
		return 1
	case s.Kind == "link" && s.Next != "":
		return 2
	case s.Kind == "cursor":
		return 3
	case s.Kind == "offset" && s.Total != "":
		return 4
	case s.Kind == "link":
		return 5
	case s.Kind == "page":
		return 6
	}
	return 7
}

// unpage counts one operation less that has a style.
func (i *importer) unpage(name string) {
	for n := range i.paged {
		if i.paged[n].Name == name {
			i.paged[n].Operations--
		}
	}
}

// forgetStyles takes the styles that were recognised, and that no operation has in the
// end, out of the table.
func (i *importer) forgetStyles(table *yaml.Node) {
	i.paged = slices.DeleteFunc(i.paged, func(s Paged) bool {
		given := slices.ContainsFunc(i.options.Paging, func(p Paging) bool { return p.Name == s.Name })
		if given || s.Operations > 0 {
			return false
		}
		removeMember(yamlmap.Value(table, "paging"), s.Name)
		decisions := yamlmap.Value(table, "import")
		names := yamlmap.Value(decisions, "paging")
		names.Content = slices.DeleteFunc(names.Content, func(n *yaml.Node) bool { return n.Value == s.Name })
		if len(names.Content) == 0 {
			removeMember(decisions, "paging")
			removeMember(table, "paging")
		}
		if len(decisions.Content) == 0 {
			removeMember(table, "import")
		}
		return true
	})
}

// pagingStyles returns the styles for the table, nil if there are none.
func (i *importer) pagingStyles() *yaml.Node {
	if len(i.paged) == 0 {
		return nil
	}
	o := newObject()
	for _, s := range i.paged {
		o.set(s.Name, styleNode(&s.Style))
	}
	return o.Node
}

func styleNode(s *spec.PagingStyle) *yaml.Node {
	o := newObject()
	o.setText("kind", s.Kind)
	o.setText("offset", s.Offset)
	o.setText("page", s.Page)
	if s.First != nil {
		o.set("first", integer(*s.First))
	}
	for _, key := range []struct{ name, value string }{
		{"total", s.Total}, {"pages", s.Pages}, {"cursor", s.Cursor}, {"next", s.Next}, {"last", s.Last}, {"more", s.More}, {"limit", s.Limit}, {"items", s.Items},
	} {
		o.setText(key.name, key.value)
	}
	return compact(o.Node)
}

// styleName returns the name of a style, which none of the names is yet: that of its
// parameter, or of what leads to the next page.
func styleName(names map[string]bool, s *spec.PagingStyle) string {
	text := cmp.Or(s.Parameter(), s.Next[strings.LastIndexByte(s.Next, '.')+1:], "link")
	return unique(names, strings.Join(words(text), "_"))
}

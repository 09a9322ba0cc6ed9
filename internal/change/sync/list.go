package sync

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/internal/catalogue/write"
)

// editList changes a list of texts that belongs to a key: each element becomes the
// value in its place, and goes if that is "". add comes behind.
func (e *editor) editList(key, list *yaml.Node, values, add []string) error {
	goes := make([]bool, len(values))
	left := 0
	for i, value := range values {
		if goes[i] = value == ""; !goes[i] {
			left++
		}
	}
	if left == 0 && len(values) > 0 && len(add) > 0 {
		// Something has to be left to add to. In a list with dashes a comment may
		// belong to the element, and a line can always be added.
		if key = nil; isFlow(list) {
			values[0], goes[0], add = add[0], false, add[1:]
		}
	}
	for i, element := range list.Content {
		if !goes[i] && values[i] != element.Value {
			if err := e.replaceScalar(element, list.Column, values[i], isFlow(list)); err != nil {
				return err
			}
		}
	}
	if err := e.removeElements(key, list, goes); err != nil {
		return err
	}
	return e.appendElements(list, add)
}

// appendElements adds texts at the end of a list.
func (e *editor) appendElements(list *yaml.Node, add []string) error {
	if len(add) == 0 {
		return nil
	}
	to := write.Scalar
	if isFlow(list) {
		to = write.FlowScalar
	}
	written := make([]string, len(add))
	for i, text := range add {
		written[i] = to(text)
	}
	return e.appendWritten(list, written)
}

// appendWritten adds elements at the end of a list, as they are written.
func (e *editor) appendWritten(list *yaml.Node, add []string) error {
	if isFlow(list) {
		end, err := e.flowEnd(e.offset(list))
		if err != nil {
			return err
		}
		written := strings.Join(add, ", ")
		if text := strings.TrimRight(e.text[:end], " \t\r\n"); !strings.HasSuffix(text, ",") && !strings.HasSuffix(text, "[") {
			written = ", " + written
		}
		e.replace(end, end, written)
		return nil
	}
	last, err := e.lastLine(list, list.Column)
	if err != nil {
		return err
	}
	lines := make([]string, len(add))
	for i, value := range add {
		lines[i] = strings.Repeat(" ", list.Column-1) + "- " + value
	}
	e.insertLines(last+1, lines)
	return nil
}

// removeElements takes elements out of a list. Their comments stay. If none is left,
// the key of the list gets an empty one; key is nil if others come.
func (e *editor) removeElements(key, list *yaml.Node, goes []bool) error {
	any, all := false, true
	for _, g := range goes {
		any, all = any || g, all && g
	}
	switch {
	case !any:
		return nil
	case isFlow(list):
		return e.removeFromFlow(list, goes)
	case all && key != nil: // a key without a value is no list
		at, err := e.scalarEnd(key, key.Column)
		if err != nil {
			return err
		}
		colon := strings.IndexByte(e.text[at:], ':')
		if colon < 0 {
			return fmt.Errorf("line %d: the list is written in a way that cannot be changed in place", key.Line)
		}
		e.replace(at+colon+1, at+colon+1, " []")
	}
	for i, element := range list.Content {
		if !goes[i] {
			continue
		}
		if before := e.text[e.line(element.Line):e.offset(element)]; strings.TrimSpace(before) != "-" {
			return fmt.Errorf("line %d: the list is written in a way that cannot be changed in place", element.Line)
		}
		last, err := e.lastLine(element, list.Column)
		if err != nil {
			return err
		}
		e.removeLines(element.Line, last+1, e.comments(element.Line, last, element, list.Column-1))
	}
	return nil
}

// removeFromFlow takes elements out of a list between brackets. Each goes with the
// comma before it, or with the one behind it if it is at the start.
func (e *editor) removeFromFlow(list *yaml.Node, goes []bool) error {
	n := len(list.Content)
	starts, ends := make([]int, n), make([]int, n)
	for i, element := range list.Content {
		starts[i] = e.offset(element)
		var err error
		if element.Kind == yaml.ScalarNode {
			ends[i], err = e.scalarEnd(element, list.Column)
		} else if ends[i], err = e.flowEnd(starts[i]); err == nil {
			ends[i]++
		}
		if err != nil {
			return err
		}
	}
	stays := false // an element before this one
	for i := range n {
		switch {
		case !goes[i]:
			stays = true
			continue
		case stays:
			e.removeComma(ends[i-1], starts[i])
		case i+1 < n:
			e.removeComma(ends[i], starts[i+1])
		default: // the list is empty then, and a comma may stand behind its last element
			closing, err := e.flowEnd(e.offset(list))
			if err != nil {
				return err
			}
			e.removeComma(ends[i], closing)
		}
		e.replace(starts[i], ends[i], "")
	}
	return nil
}

// removeComma takes out what stands between two elements of a list. Where that holds
// a comment, it takes the comma alone.
func (e *editor) removeComma(from, to int) {
	if !strings.Contains(e.text[from:to], "#") {
		e.replace(from, to, "")
		return
	}
	for i := from; i < to; i++ {
		switch e.text[i] {
		case ',':
			e.replace(i, i+1, "")
			return
		case '#':
			for i < to && e.text[i] != '\n' {
				i++
			}
		}
	}
}

package audit

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Facts are the summaries of a package and of everything that it imports, by
// import path. Each is compressed.
type Facts map[string][]byte

// factsSchema is the first line of encoded facts.
const factsSchema = "scopegen facts 3\n"

// maxSummary is the most bytes that one summary may hold when it is unpacked. That of a
// package of 30,000 lines takes some 0.2 MB.
const maxSummary = 1 << 25

func (f Facts) add(s *summary) error {
	c := &codec{known: map[string]int{}}
	c.summary(s)
	if len(c.text) > maxSummary {
		return fmt.Errorf("the facts about %s take %d bytes, and a vet tool handles %d at most: run scopegen audit", s.Path, len(c.text), maxSummary)
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(c.text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	f[s.Path] = b.Bytes()
	return nil
}

func (f Facts) get(path string) (*summary, error) {
	text, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(f[path])), maxSummary+1))
	if err == nil && len(text) > maxSummary {
		err = errors.New("they are too long")
	}
	if err != nil {
		return nil, damaged(path, err)
	}
	s := &summary{}
	c := &codec{text: text, reading: true}
	c.summary(s)
	if err := c.end(); err != nil {
		return nil, damaged(path, err)
	}
	if s.Path != path {
		return nil, damaged(path, errors.New("they are those of another package"))
	}
	return s, nil
}

// Facts come from files that this program wrote, which may be damaged.
func damaged(path string, why any) error {
	return fmt.Errorf("the facts about %s are damaged (%v): run go clean -cache, and vet again", path, why)
}

// paths returns the import paths, sorted.
func (f Facts) paths() []string { return slices.Sorted(keys(f)) }

// Encode returns facts as text. Equal ones have equal texts.
func (f Facts) Encode() []byte {
	c := &codec{known: map[string]int{}}
	c.facts(f)
	return append([]byte(factsSchema), c.text...)
}

// Decode adds encoded facts.
func (f Facts) Decode(text []byte) error {
	rest, ok := bytes.CutPrefix(text, []byte(factsSchema))
	if !ok {
		return errors.New("the facts are of another scopegen: run go clean -cache, and vet again")
	}
	c := &codec{text: rest, reading: true}
	c.facts(f)
	if err := c.end(); err != nil {
		return damaged("the imports", err)
	}
	return nil
}

func (c *codec) facts(f Facts) {
	paths := f.paths()
	if c.reading {
		paths = nil
	}
	each(c, &paths, func(path *string) {
		c.string(path)
		packed := string(f[*path])
		c.bytes(&packed)
		f[*path] = []byte(packed)
	})
}

package spec

import (
	"io/fs"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"
)

// A file that is cut must read as the same file uncut: what the cut is for,
// memory, is all that it may change.

func whole(fsys fs.FS) (*Catalogue, any) {
	b := defaultBounds
	b.whole = b.piece
	c, findings := load(fsys, "", "scopes.yaml", b)
	return c, findings
}

func cutUp(fsys fs.FS, size int) (*Catalogue, any) {
	b := defaultBounds
	b.whole = size
	c, findings := load(fsys, "", "scopes.yaml", b)
	return c, findings
}

func TestCutFilesReadAsWholeOnes(t *testing.T) {
	catalogues := map[string]fs.FS{
		"the catalogue in the box": Embedded(),
		"keys of a section at the margin": text(`api: {name: a, title: A}
operations:
- id: a
  method: GET
  path: /a
  requires: public
  responses: {204: {}}
- {id: b, method: GET, path: /b, requires: public, responses: {204: {}}}
-
  id: c
  method: GET
  path: /c
  requires: public
  responses:
    204: {}
# a comment at the margin
types:
      Deep: {type: string}
      # another
      "quoted": {type: string}
      Other:
            type: string

go: {shared: model}
`),
		"quoted text that looks like keys": text(`api: {name: a, title: A}
types:
  A:
    description: "one
  B: two
types:
  C: three"
  D: {type: string}
`),
		"brackets over lines": text(`api: {name: a, title: A}
types:
  A: {
  type: string
  }
  B: {type: object, properties: {
  a: {type: string},
  b: {type: string}
  }}
`),
		"block text": text(`api: {name: a, title: A}
types:
  A:
    description: |
      types:
        B: {}

      # no comment
    type: string
  C:
    description: >-

      operations:
      - id: x
`),
		"a document mark":               text("---\napi: {name: a, title: A}\ntypes:\n  A: {type: string}\n"),
		"a second document":             text("api: {name: a, title: A}\n---\ntypes:\n  A: {type: string}\n"),
		"the end mark":                  text("api: {name: a, title: A}\ntypes:\n  A: {type: string}\n...\n"),
		"a section twice":               text("api: {name: a, title: A}\ntypes:\n  A: {type: string}\ntypes:\n  A: {type: string}\n"),
		"a section in a line":           text("api: {name: a, title: A}\ntypes: {A: {type: string}}\noperations: []\n"),
		"an empty section":              text("api: {name: a, title: A}\ntypes:\n\noperations:\n"),
		"an empty section of comments":  text("api: {name: a, title: A}\ntypes:\n  # none\noperations: []\n"),
		"a smaller indentation":         text("api: {name: a, title: A}\ntypes:\n    A: {type: string}\n  B: {type: string}\n"),
		"a list where types are wanted": text("api: {name: a, title: A}\ntypes:\n  - A\n  - B\n"),
		"a mapping instead of a list":   text("api: {name: a, title: A}\noperations:\n  a: {}\n  b: {}\n"),
		"carriage returns":              text("api: {name: a, title: A}\r\ntypes:\r\n  A: {type: string}\r\n  B: {tpye: string}\r\n"),
		"tabs":                          text("api: {name: a, title: A}\ntypes:\n  A: {type: string}\n\tB: {type: string}\n"),
		"letters of several bytes":      text("api: {name: a, title: Ä}\ntypes:\n  Ä: {tüpe: string, ö: 1}\n  Ö: {ü: 1}\n"),
		"one type under two names":      text("api: {name: a, title: A}\ntypes:\n  A: {type: string}\n  A: {type: string}\n"),
		"text behind a flow mapping":    text("{api: {name: a, title: A}}\ntypes:\n  A: {type: string}\n"),
		"an anchor in another piece":    text("api: {name: a, title: A}\ntypes:\n  A: &a {type: string}\n  B: *a\n"),
		"a comment behind the section":  text("api: {name: a, title: A}\ntypes: # all of them\n  A: {type: string}\n  B: {type: string} # b\n"),
		"a key with a space":            text("api: {name: a, title: A}\ntypes :\n  A: {type: string}\n  B : {type: string}\n"),
		"keys with question marks":      text("api: {name: a, title: A}\ntypes:\n  ? A\n  : {type: string}\n  B: {type: string}\n"),
		"nothing":                       text(""),
	}
	for _, pattern := range []string{"good", "structure", "meaning", "syntax"} {
		paths, err := filepath.Glob(filepath.Join("testdata", pattern, "*.txtar"))
		require.NoError(t, err)
		for _, path := range paths {
			archive, err := txtar.ParseFile(path)
			require.NoError(t, err)
			files := fstest.MapFS{}
			for _, file := range archive.Files {
				files[file.Name] = &fstest.MapFile{Data: file.Data}
			}
			catalogues[path] = files
		}
	}
	for name, fsys := range catalogues {
		t.Run(name, func(t *testing.T) {
			catalogue, findings := whole(fsys)
			for _, size := range []int{0, 40, 200} {
				cut, cutFindings := cutUp(fsys, size)
				require.Equal(t, findings, cutFindings, "in pieces of %d bytes", size)
				require.Equal(t, catalogue, cut, "in pieces of %d bytes", size)
			}
		})
	}
}

func text(s string) fs.FS { return fstest.MapFS{"scopes.yaml": {Data: []byte(s)}} }

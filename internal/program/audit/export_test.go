package audit

import (
	"bytes"
	"compress/flate"
	"io"
)

// Linking returns the configuration with which programs are linked, and left in
// folder/0 so that a test can run them too.
func (c Config) Linking(folder string) Config {
	c.Precise, c.linkInto = true, folder
	return c
}

// Unpacked returns the summary of a package before it is compressed.
func (f Facts) Unpacked(path string) []byte {
	text, err := io.ReadAll(flate.NewReader(bytes.NewReader(f[path])))
	if err != nil {
		panic(err)
	}
	return text
}

// Pack sets the summary of a package.
func (f Facts) Pack(path string, summary []byte) {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestSpeed)
	_, _ = w.Write(summary)
	_ = w.Close() // a buffer takes everything
	f[path] = b.Bytes()
}

// MoveTable changes where the table of an API is said to be.
func (f Facts) MoveTable(path, file string) {
	s, err := f.get(path)
	if err != nil {
		panic(err)
	}
	s.Table.File = file
	if err := f.add(s); err != nil {
		panic(err)
	}
}

// Restore makes of facts what an audit needs of them.
func (f Facts) Restore() error {
	c, summaries, err := f.code((*summary).table)
	if err == nil {
		_, err = c.restore(summaries)
	}
	return err
}

// GetsMethods reports whether a source file may get methods by reflection.
var GetsMethods = getsMethods

// TakesMethod reports whether the files of a package take a method of package reflect as
// a value.
func TakesMethod(files ...string) bool {
	var texts [][]byte
	may := false
	for _, file := range files {
		may = may || mayTakeMethod([]byte(file))
		texts = append(texts, []byte(file))
	}
	return may && takesMethod(texts)
}

// SignatureHash returns the same number for identical signatures.
var SignatureHash = signatureHash

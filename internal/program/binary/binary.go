// Package binary reads which functions a built Go program holds. It reads the
// function table that the runtime needs for stack traces, so that it knows a
// stripped program as well. Functions that were inlined into others are in the
// table too.
package binary

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Program is what a file says of the program in it.
type Program struct {
	Package   string            // import path of its main package; "" if it is not known
	GoVersion string            // "go1.26.1"; "" if it is not known
	Settings  map[string]string // how it was built, as "go version -m" prints it: GOOS, GOARCH, -tags
	Functions map[string]bool   // as the linker names them: example.com/shop/users.(*Reader).ListUsers
}

// maxTable is the most bytes of one part of a file that are read: the largest
// programs have some 100 MB of function table.
const maxTable = 1 << 30

// Open reads a file in the ELF, Mach-O or PE format. The error says what is wrong
// with it.
func Open(name string) (*Program, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close() // read only: nothing can be lost
	p, err := Read(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}

// Read reads a program. See [Open].
func Read(r io.ReaderAt) (p *Program, err error) {
	parts, err := partsOf(r)
	if err != nil {
		return nil, err
	}
	p = &Program{Functions: map[string]bool{}, Settings: map[string]string{}}
	found, dated := false, false
	for _, part := range parts {
		data, err := part.data()
		if err != nil {
			return nil, fmt.Errorf("the part %s cannot be read: %w", part.name, err)
		}
		for at := 0; at < len(data); {
			table, next := nextTable(data, at, part.whole)
			at = next
			switch names, err := namesIn(table); {
			case err == nil:
				found = true
				for name := range bytes.SplitSeq(names, []byte{0}) {
					if len(name) > 0 {
						p.Functions[string(name)] = true
					}
				}
			case errors.Is(err, errDated):
				dated = true
			}
			if found {
				break
			}
		}
		if found {
			break
		}
	}
	switch {
	case !found && dated:
		return nil, errors.New("it was built with a version of Go before 1.20, whose function table has another form: build it again")
	case !found:
		return nil, errors.New("it has no function table of Go: it was not built by Go, or by a compiler that writes none")
	case !p.Functions["runtime.main"] && !p.Functions["runtime.goexit"]:
		return nil, errors.New("its function table has none of the names of Go's runtime: something replaced the names, and nothing can be told from them")
	}
	if info, err := buildinfo.Read(r); err == nil {
		p.Package, p.GoVersion = info.Path, info.GoVersion
		for _, s := range info.Settings {
			p.Settings[s.Key] = s.Value
		}
	}
	return p, nil
}

// part is a stretch of a file in which the function table may be.
type part struct {
	name  string
	whole bool // whether the table begins at its start
	size  uint64
	open  func() io.Reader
}

func (p part) data() ([]byte, error) {
	if p.size > maxTable {
		return nil, fmt.Errorf("it has %d bytes, which is more than a program has", p.size)
	}
	// What the file says of sizes may be wrong, so memory grows with what is there.
	return io.ReadAll(io.LimitReader(p.open(), int64(p.size)))
}

// partsOf returns where the function table may be. Where it has a section of its
// own, that is the only part.
func partsOf(r io.ReaderAt) (parts []part, err error) {
	var magic [4]byte
	if _, err := r.ReadAt(magic[:], 0); err != nil {
		return nil, errors.New("it is too short to be a program")
	}
	switch {
	case string(magic[:]) == elf.ELFMAG:
		parts, err = elfParts(r)
	case string(magic[:2]) == "MZ":
		parts, err = peParts(r)
	case isMachO(magic):
		parts, err = machoParts(r)
	default:
		return nil, errors.New("it is no program: neither ELF, Mach-O nor PE")
	}
	if err != nil {
		return nil, fmt.Errorf("it cannot be read: %w", err)
	}
	return parts, nil
}

func isMachO(magic [4]byte) bool {
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		switch order.Uint32(magic[:]) {
		case macho.Magic32, macho.Magic64, macho.MagicFat:
			return true
		}
	}
	return false
}

func elfParts(r io.ReaderAt) ([]part, error) {
	f, err := elf.NewFile(r)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{".gopclntab", ".data.rel.ro.gopclntab"} {
		if s := f.Section(name); s != nil && s.Type != elf.SHT_NOBITS {
			return []part{{name, true, s.Size, func() io.Reader { return s.Open() }}}, nil
		}
	}
	var parts []part
	for _, segment := range f.Progs {
		if segment.Type == elf.PT_LOAD {
			parts = append(parts, part{"of the program's memory", false, segment.Filesz, func() io.Reader { return segment.Open() }})
		}
	}
	return parts, nil
}

func peParts(r io.ReaderAt) ([]part, error) {
	f, err := pe.NewFile(r)
	if err != nil {
		return nil, err
	}
	var parts []part
	for _, s := range f.Sections {
		parts = append(parts, part{s.Name, false, uint64(s.Size), func() io.Reader { return s.Open() }})
	}
	return parts, nil
}

func machoParts(r io.ReaderAt) ([]part, error) {
	files := []*macho.File{}
	if fat, err := macho.NewFatFile(r); err == nil {
		for _, arch := range fat.Arches {
			files = append(files, arch.File)
		}
	} else {
		f, err := macho.NewFile(r)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	// The programs in one file are built of the same sources; the first tells.
	f := files[0]
	if s := f.Section("__gopclntab"); s != nil {
		return []part{{s.Name, true, s.Size, func() io.Reader { return s.Open() }}}, nil
	}
	var parts []part
	for _, s := range f.Sections {
		parts = append(parts, part{s.Name, false, s.Size, func() io.Reader { return s.Open() }})
	}
	return parts, nil
}

// The first four bytes of a function table, by the version of Go that first wrote
// them.
const (
	magic120 = 0xfffffff1
	magic118 = 0xfffffff0
	magic116 = 0xfffffffa
	magic12  = 0xfffffffb
)

// nextTable returns what may be a function table at or after a place, and where to
// go on looking.
func nextTable(data []byte, at int, whole bool) (table []byte, next int) {
	if whole {
		return data, len(data)
	}
	for i := at; i+8 <= len(data); {
		// All four have three bytes of 0xff, of which the header has two zeros after.
		j := bytes.Index(data[i:], []byte{0xff, 0xff, 0xff})
		if j < 0 {
			break
		}
		i += j
		for _, start := range []int{i - 1, i} { // little endian, big endian
			if start >= at && start+8 <= len(data) && data[start+4] == 0 && data[start+5] == 0 && (data[start+7] == 4 || data[start+7] == 8) {
				return data[start:], start + 4
			}
		}
		i++
	}
	return nil, len(data)
}

var (
	errNoTable = errors.New("no function table")
	errDated   = errors.New("a function table of another version of Go")
)

// namesIn returns the part of a function table with the names, each of which ends
// with a zero byte.
func namesIn(table []byte) ([]byte, error) {
	if len(table) < 8 {
		return nil, errNoTable
	}
	var order binary.ByteOrder = binary.LittleEndian
	magic := order.Uint32(table)
	if magic>>8 != 0xffffff {
		order = binary.BigEndian
		magic = order.Uint32(table)
	}
	switch magic {
	case magic120:
	case magic118, magic116, magic12:
		return nil, errDated
	default:
		return nil, errNoTable
	}
	size := int(table[7])
	if size != 4 && size != 8 {
		return nil, errNoTable
	}
	word := func(i int) uint64 {
		at := 8 + i*size
		if at+size > len(table) {
			return 1<<64 - 1
		}
		if size == 4 {
			return uint64(order.Uint32(table[at:]))
		}
		return order.Uint64(table[at:])
	}
	// Number of functions, number of files, start of the code, then where the parts
	// are: names, compilation units.
	functions, from, to := word(0), word(3), word(4)
	if from >= to || to > uint64(len(table)) || functions == 0 || functions > to {
		return nil, errNoTable
	}
	return table[from:to], nil
}

// Symbol returns the name that the linker gives to something of a package: path is
// the import path, name such as "(*Reader).ListUsers".
func Symbol(path, name string) string {
	slash := strings.LastIndexByte(path, '/')
	var b strings.Builder
	for i := range len(path) {
		if c := path[i]; c <= ' ' || c == '.' && i > slash || c == '%' || c == '"' || c >= 0x7f {
			fmt.Fprintf(&b, "%%%02x", c)
			continue
		}
		b.WriteByte(path[i])
	}
	return b.String() + "." + name
}

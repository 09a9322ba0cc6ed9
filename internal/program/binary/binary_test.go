package binary_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	program "github.com/scopegen/scopegen/internal/program/binary"
)

// A stripped program of each format tells its functions, inlined ones too.
func TestAStrippedProgramTellsItsFunctions(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "go.mod"), []byte("module example.com/my.app\n\ngo 1.26.0\n"), 0o666))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "main.go"), []byte(`package main

type client struct{ n int }

//go:noinline
func (c *client) Call() { println(c.n) }

func (c *client) inlined() { c.Call() }

func unused() { println("unused") }

func main() { (&client{1}).inlined() }
`), 0o666))
	systems := [][2]string{{"linux", "amd64"}}
	if !testing.Short() {
		systems = append(systems, [][2]string{{"windows", "amd64"}, {"darwin", "arm64"}}...)
	}
	for _, system := range systems {
		for _, mode := range []string{"exe", "pie"} {
			if mode == "pie" && (system[0] != "linux" || system[1] != runtime.GOARCH) {
				continue
			}
			file := filepath.Join(folder, system[0]+system[1]+mode)
			build := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-s -w", "-buildmode="+mode, "-o", file, ".")
			if mode == "pie" || system[0] != runtime.GOOS || system[1] != runtime.GOARCH {
				// The standard library is compiled for this test alone: as fast as may be.
				build.Args = slices.Insert(build.Args, 2, "-gcflags=all=-N -l -dwarf=false -c=1", "-gcflags=example.com/my.app=")
			}
			build.Dir = folder
			build.Env = append(os.Environ(), "GOOS="+system[0], "GOARCH="+system[1], "CGO_ENABLED=0", "GOWORK=off")
			output, err := build.CombinedOutput()
			require.NoError(t, err, "%s", output)
			p, err := program.Open(file)
			require.NoError(t, err)
			require.Equal(t, "example.com/my.app", p.Package)
			require.Equal(t, system[0], p.Settings["GOOS"])
			for name, held := range map[string]bool{
				"main.(*client).Call": true, "main.(*client).inlined": true, "main.main": true, "main.unused": false,
			} {
				require.Equal(t, held, p.Functions[name], "%s %v", name, system)
			}
			if system[0] == "linux" && system[1] == "amd64" {
				// Without section headers, as packers leave it, the table is found all the same.
				text, err := os.ReadFile(file)
				require.NoError(t, err)
				copy(text[0x28:], make([]byte, 8))
				copy(text[0x3a:], make([]byte, 6))
				p, err := program.Read(bytes.NewReader(text))
				require.NoError(t, err)
				require.True(t, p.Functions["main.(*client).inlined"])
			}
		}
	}
}

// small is an ELF file with one segment, which holds a function table.
func small(magic uint32, names string) []byte {
	const ptr = 8
	table := binary.LittleEndian.AppendUint32(nil, magic)
	table = append(table, 0, 0, 1, ptr)
	header := uint64(8 + 8*ptr)
	for _, word := range []uint64{2, 1, 0, header, header + uint64(len(names)), 0, 0, 0} {
		table = binary.LittleEndian.AppendUint64(table, word)
	}
	table = append(table, names...)
	b := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 9)...)
	for _, half := range []uint16{2, 62} { // executable, x86-64
		b = binary.LittleEndian.AppendUint16(b, half)
	}
	b = binary.LittleEndian.AppendUint32(b, 1)
	for _, word := range []uint64{0, 64, 0} {
		b = binary.LittleEndian.AppendUint64(b, word)
	}
	b = binary.LittleEndian.AppendUint32(b, 0)
	for _, half := range []uint16{64, 56, 1, 64, 0, 0} {
		b = binary.LittleEndian.AppendUint16(b, half)
	}
	b = binary.LittleEndian.AppendUint32(b, 1) // PT_LOAD
	b = binary.LittleEndian.AppendUint32(b, 4)
	for _, word := range []uint64{120, 0x400000, 0x400000, uint64(len(table)), uint64(len(table)), 8} {
		b = binary.LittleEndian.AppendUint64(b, word)
	}
	return append(b, table...)
}

func TestAFileThatTellsNothingIsRefusedWithTheReason(t *testing.T) {
	good := small(0xfffffff1, "runtime.main\x00shop.F\x00")
	p, err := program.Read(bytes.NewReader(good))
	require.NoError(t, err)
	require.Equal(t, map[string]bool{"runtime.main": true, "shop.F": true}, p.Functions)

	huge := bytes.Clone(good)
	binary.LittleEndian.PutUint64(huge[64+32:], 1<<40) // the size of the segment in the file
	outside := bytes.Clone(good)
	binary.LittleEndian.PutUint64(outside[120+8+4*8:], 1<<60) // the end of the names
	for want, text := range map[string][]byte{
		"too short":                    []byte("x"),
		"neither ELF, Mach-O nor PE":   []byte("#!/bin/sh\necho\n"),
		"it cannot be read":            good[:70],
		"more than a program has":      huge,
		"no function table of Go":      outside,
		"was not built by Go":          small(0x12345678, "runtime.main\x00"),
		"a version of Go before 1.20":  small(0xfffffff0, "runtime.main\x00"),
		"something replaced the names": small(0xfffffff1, "a1.b\x00c3.d\x00"),
	} {
		_, err := program.Read(bytes.NewReader(text))
		require.ErrorContains(t, err, want)
	}
	_, err = program.Open(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestASymbolHasThePathAsTheLinkerWritesIt(t *testing.T) {
	require.Equal(t, "example.com/shop/users.(*Reader).ListUsers", program.Symbol("example.com/shop/users", "(*Reader).ListUsers"))
	require.Equal(t, "gopkg.in/yaml%2ev3.Marshal", program.Symbol("gopkg.in/yaml.v3", "Marshal"))
}

func FuzzRead(f *testing.F) {
	f.Add(small(0xfffffff1, "runtime.main\x00shop.F\x00"))
	f.Add(small(0xfffffff0, "x"))
	f.Add([]byte("MZ\x90\x00"))
	f.Add([]byte{0xcf, 0xfa, 0xed, 0xfe, 7, 0, 0, 1, 3, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := program.Read(bytes.NewReader(text))
		if err == nil && !p.Functions["runtime.main"] && !p.Functions["runtime.goexit"] {
			t.Fatal("a program without Go's runtime")
		}
	})
}

// Package vettool makes a program a tool for "go vet -vettool": the go command
// calls it for one package after the other, imports first, and keeps what it says
// of each in its cache.
//
// The protocol is that of golang.org/x/tools/go/analysis/unitchecker. That package
// is not used because it hands on the facts of those imports alone that appear in
// the types of a package, and a program reaches operations through others too; and
// because it type-checks the standard library, of which nothing counts here.
package vettool

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Handles reports whether the go command calls the program as a vet tool with
// these arguments.
func Handles(args []string) bool {
	if len(args) == 0 {
		return false
	}
	return args[0] == "-V=full" || args[0] == "-flags" || strings.HasSuffix(args[len(args)-1], ".cfg") && (len(args) == 1 || strings.HasPrefix(args[0], "-"))
}

// flags are what the tool understands. The go command asks for them.
var flags = []struct {
	Name  string
	Bool  bool
	Usage string
}{
	{"json", true, "print findings as JSON"},
	{"fix", true, "make the changes that findings suggest"},
}

// Run does what the go command asks for, and returns the exit code.
func Run(args []string, stdout, stderr io.Writer) int {
	err := run(args, stdout, stderr)
	if err == nil {
		return 0
	}
	fmt.Fprintln(stderr, err)
	return 1
}

func run(args []string, stdout, stderr io.Writer) (err error) {
	switch args[0] {
	case "-V=full":
		return describe(stdout)
	case "-flags":
		return json.NewEncoder(stdout).Encode(flags)
	}
	mode := map[string]bool{}
	for _, arg := range args[:len(args)-1] {
		mode[strings.TrimLeft(strings.TrimSuffix(arg, "=true"), "-")] = true
	}
	text, err := os.ReadFile(args[len(args)-1])
	if err != nil {
		return err
	}
	u := &unit{}
	if err := json.Unmarshal(text, &u.config); err != nil {
		return fmt.Errorf("%s: %w", args[len(args)-1], err)
	}
	findings, err := u.vet()
	if err != nil {
		return err
	}
	if u.config.Stdout != "" {
		file, err := os.Create(u.config.Stdout)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		stdout = file
	}
	if u.config.VetxOnly {
		return nil
	}
	if mode["diff"] {
		return errors.New("-diff is not supported: run go vet -fix, and look at what your version control shows")
	}
	if mode["fix"] {
		return u.fix(findings, stderr)
	}
	return u.print(findings, stdout)
}

// describe prints what tells this version of the program from others: the go
// command keeps the results of each apart.
func describe(w io.Writer) error {
	name, err := os.Executable()
	if err != nil {
		return err
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close() // read only: nothing can be lost
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s version devel buildID=%x\n", filepath.Base(name), h.Sum(nil))
	return err
}

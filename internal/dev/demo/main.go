// Command demo runs scopegen's main job for a new user to watch: it makes a
// consumer module in a temporary folder, generates the Upvest clients from the
// catalogue in the box into it, serves the API on loopback, calls it with the
// clients, and shows what the API and the compiler refuse.
//
// It is run from the root of the repository, by "make demo". The consumer is
// examples/invest, with the import paths of its own clients.
package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/mod/modfile"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := demo(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func demo(ctx context.Context) error {
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "scopegen-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder) // it is temporary; what stays is the system's to clear
	d := &demonstration{ctx: ctx, root: root, folder: folder, scopegen: filepath.Join(folder, "scopegen")}
	for _, step := range []func() error{d.consumer, d.generate, d.call, d.refuse} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

type demonstration struct {
	ctx                    context.Context
	root, folder, scopegen string
}

// say prints a heading, in bold on a terminal.
func say(heading string) {
	if info, err := os.Stdout.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		heading = "\x1b[1m" + heading + "\x1b[0m"
	}
	fmt.Printf("\n%s\n", heading)
}

// consumer makes a module that uses scopegen as the module of any user does.
func (d *demonstration) consumer() error {
	say("1. A module of yours")
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(d.root, "examples", name))
		if err != nil {
			return fmt.Errorf("%w: run it from the root of the repository", err)
		}
		text = bytes.Replace(text, []byte("=> ../"), []byte("=> "+modfile.AutoQuote(d.root)), 1)
		if err := d.write(name, text); err != nil {
			return err
		}
	}
	if err := d.copy(filepath.Join("examples", "invest", "main.go"), "invest/main.go"); err != nil {
		return err
	}
	return d.run(d.root, "go", "build", "-o", d.scopegen, "./cmd/scopegen")
}

func (d *demonstration) generate() error {
	say("2. The clients, generated from the catalogue in the box")
	fmt.Println("$ scopegen generate --catalogue builtin:upvest --out upvest")
	if err := d.run(d.folder, d.scopegen, "generate", "--catalogue", "builtin:upvest", "--out", "upvest"); err != nil {
		return err
	}
	program := filepath.Join(d.folder, "invest-program")
	return d.run(d.folder, "go", "build", "-o", program, "./invest")
}

// call serves the API and runs the consumer against it.
func (d *demonstration) call() error {
	say("3. The API on loopback, and a program that calls it with signed requests and narrow tokens")
	ctx, cancel := context.WithCancel(d.ctx)
	defer cancel()
	sandbox := exec.CommandContext(ctx, d.scopegen, "sandbox", "--catalogue", "builtin:upvest", "--key-file", filepath.Join(d.folder, "key.pem"))
	sandbox.Cancel = func() error { return sandbox.Process.Signal(os.Interrupt) }
	sandbox.Stderr = os.Stderr
	out, err := sandbox.StdoutPipe()
	if err != nil {
		return err
	}
	if err := sandbox.Start(); err != nil {
		return err
	}
	lines := bufio.NewReader(out)
	env, err := environment(lines)
	if err != nil {
		return errors.Join(err, sandbox.Wait())
	}
	program := exec.CommandContext(d.ctx, filepath.Join(d.folder, "invest-program"))
	program.Env = append(os.Environ(), env...)
	program.Stdout, program.Stderr = os.Stdout, os.Stderr
	fmt.Println("$ go run ./invest")
	failed := program.Run()
	cancel()
	seen, err := io.ReadAll(lines)
	if err != nil {
		return err
	}
	_ = sandbox.Wait() // it was told to stop
	say("   What the API saw, and the scope that permitted each call")
	fmt.Print(string(seen))
	return failed
}

// environment reads what the sandbox prints for programs to call it, up to
// where it begins to print calls.
func environment(lines *bufio.Reader) ([]string, error) {
	var env []string
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return nil, fmt.Errorf("the sandbox has ended: %w", err)
		}
		if variable, ok := strings.CutPrefix(strings.TrimSpace(line), "export "); ok {
			name, value, _ := strings.Cut(variable, "=")
			env = append(env, name+"="+unquote(value))
		} else if len(env) > 0 {
			return env, nil
		}
	}
}

// unquote returns the value of a word as a shell reads it. The sandbox writes
// in single quotes what is more than a plain word.
func unquote(word string) string {
	if inner, ok := strings.CutPrefix(word, "'"); ok {
		return strings.ReplaceAll(strings.TrimSuffix(inner, "'"), `'\''`, "'")
	}
	return word
}

// refuse shows what the compiler says to a client that the token does not permit.
func (d *demonstration) refuse() error {
	say("4. A client that the token does not permit does not compile")
	const program = "internal/dev/compile/testdata/refused/a_scope_that_the_token_lacks/main.go"
	if err := d.copy(program, "overreach/main.go"); err != nil {
		return err
	}
	source, err := os.ReadFile(filepath.Join(d.folder, "overreach", "main.go"))
	if err != nil {
		return err
	}
	_, source, _ = bytes.Cut(source, []byte(")\n\n"))
	for line := range bytes.Lines(source) {
		line, _, _ = bytes.Cut(line, []byte(" // want "))
		fmt.Printf("    %s\n", bytes.TrimRight(line, "\n"))
	}
	fmt.Println("$ go build ./overreach")
	build := exec.CommandContext(d.ctx, "go", "build", "-o", os.DevNull, "./overreach")
	build.Dir = d.folder
	text, err := build.CombinedOutput()
	fmt.Print(string(text))
	if err == nil {
		return errors.New("it compiled, which it must not")
	}
	if !bytes.Contains(text, []byte("does not satisfy scope.UsersAdmin")) {
		return errors.New("the compiler refused it for another reason")
	}
	return nil
}

// copy copies a program of the repository into the module and makes it import the
// module's own clients.
func (d *demonstration) copy(from, to string) error {
	text, err := os.ReadFile(filepath.Join(d.root, filepath.FromSlash(from)))
	if err != nil {
		return err
	}
	return d.write(to, bytes.ReplaceAll(text, []byte("github.com/scopegen/scopegen/generated/upvest"), []byte("example.com/consumer/upvest")))
}

func (d *demonstration) write(name string, text []byte) error {
	file := filepath.Join(d.folder, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o666)
}

func (d *demonstration) run(folder, name string, args ...string) error {
	command := exec.CommandContext(d.ctx, name, args...)
	command.Dir = folder
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", filepath.Base(name), strings.Join(args, " "), err)
	}
	return nil
}

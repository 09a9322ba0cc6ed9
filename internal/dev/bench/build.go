package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// bare is a program that calls an API with the standard library alone.
const bare = `package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
)

type user struct {
	ID string ` + "`json:\"id\"`" + `
}

func main() {
	response, err := http.Get(os.Args[1])
	if err != nil {
		fmt.Println(err)
		return
	}
	defer response.Body.Close()
	var u user
	fmt.Println(json.NewDecoder(response.Body).Decode(&u), u)
}
`

// client is a program that calls one domain of the generated packages.
const client = `package main

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"os"

	"github.com/scopegen/scopegen/generated/upvest"
	"github.com/scopegen/scopegen/generated/upvest/scope"
	"github.com/scopegen/scopegen/generated/upvest/users"
	"github.com/scopegen/scopegen/runtime"
)

func main() {
	key := ed25519.NewKeyFromSeed([]byte(os.Args[1]))
	session, err := upvest.Open(upvest.Sandbox, runtime.Credentials{ClientID: os.Args[2], ClientSecret: runtime.NewSecret(os.Args[3])}, runtime.WithKey(os.Args[4], key))
	if err != nil {
		fmt.Println(err)
		return
	}
	reader := users.NewReader(runtime.Authorize[scope.UsersRead](session))
	for user, err := range reader.ListUsers(context.Background(), users.ListUsersParams{}) {
		fmt.Println(user, err)
	}
}
`

// building measures what generated code costs those who build it.
//
// The packages are built from a copy in a new place, for which the build cache
// holds nothing, while it holds the standard library. The copy's go.mod
// requires nothing: a third-party module would end the build.
func (b *bench) building() error {
	heading("go build of a program that calls one domain (users) of the Upvest packages")
	module := filepath.Join(b.folder, "module")
	for _, name := range []string{"runtime", "generated"} {
		if err := os.CopyFS(filepath.Join(module, name), os.DirFS(filepath.Join(b.root, name))); err != nil {
			return err
		}
	}
	for name, text := range map[string]string{
		"go.mod":         "module github.com/scopegen/scopegen\n\ngo 1.26\n",
		"bare/main.go":   bare,
		"client/main.go": client,
	} {
		file := filepath.Join(module, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			return err
		}
	}
	if err := b.warm(module); err != nil {
		return err
	}
	costs, sizes, err := b.programs(module)
	if err != nil {
		return err
	}
	row("bare net/http and encoding/json: CPU time", "s", costs["bare"].cpu.Seconds(), noAim)
	row("one domain: CPU time", "s", costs["client"].cpu.Seconds(), noAim)
	row("one domain: CPU time beyond bare", "s", (costs["client"].cpu - costs["bare"].cpu).Seconds(), 1.5)
	row("bare net/http and encoding/json: binary", "kB", sizes["bare"], noAim)
	row("one domain: binary", "kB", sizes["client"], noAim)
	row("one domain: binary beyond bare", "kB", sizes["client"]-sizes["bare"], 300)
	// Once built, the runtime stays in the cache, as the standard library does, so that after
	// a change of the catalogue this is what a build takes.
	for _, folder := range []string{"generated", "bare", "client"} {
		if err := change(filepath.Join(module, folder)); err != nil {
			return err
		}
	}
	if costs, _, err = b.programs(module); err != nil {
		return err
	}
	row("one domain, generated anew: CPU time beyond bare", "s", (costs["client"].cpu - costs["bare"].cpu).Seconds(), 2)
	return b.packages(module)
}

// programs builds the bare program and that of a client, and returns what each costs and
// the kilobytes of its binary.
func (b *bench) programs(module string) (map[string]cost, map[string]float64, error) {
	costs, sizes := map[string]cost{}, map[string]float64{}
	for _, program := range []string{"bare", "client"} {
		c, err := b.run(module, "go", "build", "-o", program+".out", "./"+program)
		if err != nil {
			return nil, nil, err
		}
		info, err := os.Stat(filepath.Join(module, program+".out"))
		if err != nil {
			return nil, nil, err
		}
		costs[program], sizes[program] = c, float64(info.Size())/1000
	}
	return costs, sizes, nil
}

// change adds a comment to each Go file below a folder, so that it is compiled again.
func change(folder string) error {
	return filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".go") {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(name, append(text, "\n// Changed.\n"...), 0o666)
	})
}

// warm puts the standard library into the build cache.
func (b *bench) warm(module string) error {
	list, err := b.run(module, "go", "list", "-deps", "-f", "{{if .Standard}}{{.ImportPath}}{{end}}", "./bare", "./client")
	if err != nil {
		return err
	}
	_, err = b.run(module, "go", append([]string{"build"}, strings.Fields(list.output)...)...)
	return err
}

// packages returns the packages that the program of one domain compiles.
func (b *bench) packages(module string) error {
	list, err := b.run(module, "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./client")
	if err != nil {
		return err
	}
	names := strings.Fields(list.output)
	domains := 0
	for _, name := range names {
		below, ok := strings.CutPrefix(name, "github.com/scopegen/scopegen/generated/upvest/")
		if ok && below != "scope" && below != "model" {
			domains++
		}
	}
	row("packages of ours that it compiles", "packages", float64(len(names)), noAim)
	row("domains among them", "domains", float64(domains), 1)
	fmt.Println()
	return nil
}

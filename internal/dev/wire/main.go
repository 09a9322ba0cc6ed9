// Command wire tries generated clients against servers: it imports OpenAPI
// and Google Discovery documents, generates their clients, and calls every operation, with values that
// the document admits, on the sandbox and, with -prism, on an independent mock of
// the original document that checks requests
// (https://github.com/stoplightio/prism, "npm install @stoplight/prism-cli").
//
//	go run ./internal/dev/wire [-prism node_modules/.bin/prism] [-table internal/dev/wire/testdata/sandbox.tsv] DOCUMENT...
//
// The document of Microsoft Graph says nothing of permissions: their file permissions.json is read
// too where it lies beside a document.
//
// It is run from the root of the repository. It prints a line for each document and what failed, and exits with 1 if anything
// did. With -table it writes a row for each document into that file, where the rows of other
// documents stay: what became of its calls on the sandbox, or with -prism on Prism.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"testing/fstest"
	"time"

	"github.com/scopegen/scopegen/internal/dev/wire/driver"
	"github.com/scopegen/scopegen/internal/importer/graph"
	"github.com/scopegen/scopegen/internal/importer/openapi"
	"github.com/scopegen/scopegen/spec"
	"github.com/scopegen/scopegen/spec/sandbox"
)

func main() {
	prism := flag.String("prism", "", "the command of Prism; without it the sandbox alone is called")
	shown := flag.Int("show", 20, "how many failures of each server are shown")
	table := flag.String("table", "", "the file of the table that a row for each document is written into")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	failed := false
	server := "the sandbox"
	if *prism != "" {
		version, err := exec.CommandContext(ctx, *prism, "--version").Output()
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", *prism, err)
			os.Exit(2)
		}
		server = "Prism " + strings.TrimSpace(string(version))
	}
	repository, err := os.Getwd()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	for _, document := range flag.Args() {
		t := &trial{document: document, repository: repository, prism: *prism, shown: *shown}
		ok, err := t.run(ctx)
		if err != nil {
			fmt.Printf("%s: %v\n", document, err)
			t.row = notTried(document, err)
		}
		failed = failed || !ok || err != nil
		if *table == "" || ctx.Err() != nil {
			continue
		}
		if err := keep(*table, server, t.row); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
	if failed {
		os.Exit(1)
	}
}

// trial is that of one document.
type trial struct {
	document, repository string
	prism                string
	shown                int
	row                  row
}

// run runs the trials of the document and reports whether all calls went well.
func (t *trial) run(ctx context.Context) (bool, error) {
	document, shown := t.document, t.shown
	catalogue, result, err := load(document, t.prism == "")
	if err != nil {
		return false, err
	}
	t.row = row{document: name(document)}
	t.row.left(result)
	folder, err := os.MkdirTemp("", "wire")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(folder)
	all, wrong, err := cases(catalogue)
	if err != nil {
		return false, err
	}
	binary, err := build(ctx, catalogue, folder, t.repository)
	if err != nil {
		return false, err
	}
	trial := driver.Trial{Cases: all}
	for _, g := range catalogue.Groups {
		for _, s := range g.Scopes {
			trial.Scopes = append(trial.Scopes, s.Wire(catalogue.Spelling))
		}
	}
	for operation, w := range wrong {
		fmt.Printf("no value: %s: %s\n", operation, w)
	}
	ok := len(wrong) == 0
	served, err := serve(catalogue, &trial)
	if err != nil {
		return false, err
	}
	outcomes, err := run(ctx, binary, trial)
	served.Close()
	if err != nil {
		return false, err
	}
	ok = report(document, "sandbox", outcomes, shown) && ok
	if t.prism == "" {
		t.row.add(catalogue, outcomes, wrong)
		return ok, nil
	}
	base, end, err := mock(ctx, t.prism, document)
	if err != nil {
		return false, err
	}
	defer end()
	trial.URL, trial.Token = base, "token"
	if outcomes, err = run(ctx, binary, trial); err != nil {
		return false, err
	}
	t.row.independent = true
	t.row.add(catalogue, outcomes, wrong)
	return report(document, "prism", outcomes, shown) && ok, nil
}

// load imports a document: that of Microsoft Graph with the permissions of an application
// if their file lies beside it. Lists are read in pages if pages is true: a mock of the
// document has one page, which leads to others that do not exist.
func load(document string, pages bool) (*spec.Catalogue, *openapi.Result, error) {
	text, err := os.ReadFile(document)
	if err != nil {
		return nil, nil, err
	}
	read := openapi.Import
	if bytes.Contains(text, []byte("discovery#restDescription")) {
		read = openapi.ImportDiscovery
	}
	options := openapi.Options{}
	file := filepath.Join(filepath.Dir(document), "permissions.json")
	switch text, err := os.ReadFile(file); {
	case err == nil:
		p, err := graph.Read(file, text, graph.Flows["application"])
		if err != nil {
			return nil, nil, err
		}
		options = openapi.Options{Unstated: "token", Scopes: p.Scopes, Required: p.Requirement}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, nil, err
	}
	options.Pages = pages
	result, err := read(os.DirFS(filepath.Dir(document)), filepath.Base(document), options)
	if err != nil {
		return nil, nil, err
	}
	files := fstest.MapFS{}
	for name, text := range result.Files {
		files[name] = &fstest.MapFile{Data: text}
	}
	catalogue, findings := spec.Load(files, "scopes.yaml")
	return catalogue, result, findings.Err()
}

// serve starts the sandbox and gets an access token for all scopes. The sandbox's
// clients get it by client credentials, whatever the API's own way is: how tokens
// are granted is not what is tried here.
func serve(catalogue *spec.Catalogue, trial *driver.Trial) (*sandbox.Server, error) {
	served := *catalogue
	served.Token = spec.TokenEndpoint{Path: "/wire-token"}
	server, err := sandbox.New(&served, sandbox.Config{Clients: []sandbox.Client{{ID: "me", Secret: "secret"}}, Keys: keyValues(catalogue), MaxBody: 8 << 20, Stateless: true})
	if err != nil {
		return nil, err
	}
	if err := server.Start("127.0.0.1:0"); err != nil {
		return nil, err
	}
	response, err := http.PostForm(server.URL()+"/wire-token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {"me"}, "client_secret": {"secret"}, "scope": {strings.Join(trial.Scopes, " ")},
	})
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	var granted struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal(text, &granted); err != nil || granted.AccessToken == "" {
		return nil, fmt.Errorf("the sandbox gave no token: %s", text)
	}
	trial.URL, trial.Token = server.URL(), granted.AccessToken
	return server, nil
}

// mock starts Prism on a free port.
func mock(ctx context.Context, prism, document string) (string, func(), error) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	_, port, _ := net.SplitHostPort(free.Addr().String())
	free.Close()
	command := exec.CommandContext(ctx, prism, "mock", "-d", "-h", "127.0.0.1", "-p", port, document)
	command.Env = append(os.Environ(), "NO_COLOR=1")
	out := &bytes.Buffer{}
	command.Stdout, command.Stderr = out, out
	if err := command.Start(); err != nil {
		return "", nil, err
	}
	exited := make(chan error, 1)
	go func() { exited <- command.Wait() }()
	end := func() { _ = command.Process.Kill(); <-exited }
	for deadline := time.Now().Add(5 * time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		select {
		case err := <-exited:
			return "", nil, fmt.Errorf("prism ended: %w\n%s", err, out)
		default:
		}
		if c, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			c.Close()
			return "http://127.0.0.1:" + port, end, nil
		}
	}
	end()
	return "", nil, fmt.Errorf("prism does not listen\n%s", out)
}

func run(ctx context.Context, binary string, trial driver.Trial) ([]driver.Outcome, error) {
	input, err := json.Marshal(trial)
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, binary)
	command.Stdin = bytes.NewReader(input)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, &stderr)
	}
	var outcomes []driver.Outcome
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var o driver.Outcome
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			return nil, err
		}
		outcomes = append(outcomes, o)
	}
	return outcomes, lines.Err()
}

// report prints the count of calls, of those that failed, of those whose request the
// server found fault with, and of those where the mock itself failed. It reports
// whether no call failed by the fault of a client.
func report(document, server string, outcomes []driver.Outcome, shown int) bool {
	failed, violating, mock := 0, 0, 0
	for _, o := range outcomes {
		request, response := violations(o.Violations)
		switch {
		case request != "":
			if violating++; violating <= shown {
				fmt.Printf("  %s: violation: %s\n    %s\n    %s\n", server, o.Operation, o.Request, request)
			}
		case o.Error == "":
		case server != "sandbox" && (response || mockFailed(o)):
			mock++
		default:
			if failed++; failed <= shown {
				fmt.Printf("  %s: failed: %s %s\n    %s\n    %s\n    %d %.600s\n", server, o.Operation, o.Method, o.Request, o.Error, o.Status, o.Response)
			}
		}
	}
	fmt.Printf("%s: %s: %d calls, %d failed, %d violating, %d where the mock failed or its response was wrong\n", document, server, len(outcomes), failed, violating, mock)
	return failed+violating == 0
}

// noFormat matches the errors of responses in which the mock wrote any text where base
// 64 or a time is due. It does not check that.
var noFormat = regexp.MustCompile(`illegal base64 data|parsing time "[^0-9]`)

// mockFailed reports whether the mock could not make a response, or made one that is
// not what the document says.
func mockFailed(o driver.Outcome) bool {
	if noFormat.MatchString(o.Error) {
		return true
	}
	return o.Status == http.StatusInternalServerError && (strings.Contains(o.Response, "stoplight.io/prism/errors#UNKNOWN") || strings.Contains(o.Response, `"type":"RangeError"`))
}

// violations returns those that Prism's header names of the request, and reports
// whether it names some of its own response.
func violations(header string) (request string, response bool) {
	if header == "" {
		return "", false
	}
	list, cut := strings.CutPrefix(header, "Too many violations! ") // the first of them follow, those of the request before others
	decoder := json.NewDecoder(strings.NewReader(list))
	if _, err := decoder.Token(); err != nil {
		return header, false
	}
	var kept []string
	for decoder.More() {
		var v struct {
			Location []string `json:"location"`
			Message  string   `json:"message"`
		}
		if err := decoder.Decode(&v); err != nil {
			if !cut {
				return header, false
			}
			break
		}
		if len(v.Location) > 0 && v.Location[0] == "response" {
			response = true
			continue
		}
		kept = append(kept, strings.Join(v.Location, ".")+": "+v.Message)
	}
	return strings.Join(kept, "; "), response
}

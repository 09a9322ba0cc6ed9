// Package driver is the part of a wire trial that runs inside the generated
// program: it calls each method of the generated clients with the values that the
// trial made for it.
package driver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientimpl"
	"github.com/scopegen/scopegen/runtime/grant"
)

// Trial is what the program is to do.
type Trial struct {
	URL    string // of the server
	Token  string // an access token for all scopes
	Scopes []string
	Cases  []Case
}

// Case is one method with its arguments as JSON.
type Case struct {
	Operation string
	Client    string // "orders.Reader"
	Method    string
	Path      []json.RawMessage
	Params    map[string]json.RawMessage // by Go field
	HasParams bool
	Body      json.RawMessage            `json:",omitempty"` // nil for none
	Parts     map[string]json.RawMessage `json:",omitempty"` // of a form, by Go field
	// ContentType and Text are a streamed body.
	ContentType string
	Text        string
}

// Outcome is what became of a case.
type Outcome struct {
	Operation  string
	Method     string
	Error      string // "" if the call succeeded and its response decoded
	Request    string // as sent: method and URL
	Status     int
	Response   string // the first 2,000 bytes
	Violations string // what the server said is wrong with the request
}

// Main runs the trial on standard input and writes its outcomes, one a line.
// Clients makes the clients, by package and type.
func Main(api *clientimpl.API, clients func(*runtime.Session) map[string]any) {
	if err := run(api, clients); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func run(api *clientimpl.API, clients func(*runtime.Session) map[string]any) error {
	var trial Trial
	if err := json.NewDecoder(os.Stdin).Decode(&trial); err != nil {
		return err
	}
	api.Token = clientimpl.TokenEndpoint{Path: "/wire-token"} // the token is there already
	seen := &recorder{next: http.DefaultTransport}
	session, err := runtime.Open(api, runtime.Server{Name: "trial", URL: trial.URL}, grant.Fixed(runtime.NewSecret(trial.Token), trial.Scopes...),
		runtime.WithTransport(seen), runtime.WithoutRetry())
	if err != nil {
		return err
	}
	made := clients(session)
	out := json.NewEncoder(os.Stdout)
	for _, c := range trial.Cases {
		seen.reset()
		err := call(made[c.Client], c)
		o := Outcome{Operation: c.Operation, Method: c.Client + "." + c.Method}
		seen.fill(&o)
		if err != nil {
			o.Error = err.Error()
		}
		if err := out.Encode(o); err != nil {
			return err
		}
	}
	return nil
}

// call calls one method. What it panics with becomes an error.
func call(client any, c Case) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	method := reflect.ValueOf(client).MethodByName(c.Method)
	if !method.IsValid() {
		return errors.New("trial: there is no such method")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	arguments := []reflect.Value{reflect.ValueOf(ctx)}
	path, params, body := c.Path, c.HasParams, c.Body
	for i := 1; i < method.Type().NumIn()-1; i++ { // the last are the call's options
		t := method.Type().In(i)
		v := reflect.New(t).Elem()
		switch {
		case len(path) > 0:
			err = decode(path[0], v)
			path = path[1:]
		case params:
			params = false
			for field, text := range c.Params {
				if err := decode(text, v.FieldByName(field)); err != nil {
					return fmt.Errorf("trial: parameter %s: %w", field, err)
				}
			}
		case c.Parts != nil && t.Kind() == reflect.Struct:
			err = fillForm(v, c.Parts)
		case t == reflect.TypeFor[io.Reader]():
			v.Set(reflect.ValueOf(strings.NewReader(c.Text)))
		case t.Kind() == reflect.String && body == nil: // the content type of a stream
			v.SetString(c.ContentType)
		default:
			err = decode(body, v)
		}
		if err != nil {
			return fmt.Errorf("trial: argument %d: %w", i, err)
		}
		arguments = append(arguments, v)
	}
	return finish(method.Call(arguments))
}

// fillForm sets the parts of a form. A form that may be left out is.
func fillForm(form reflect.Value, parts map[string]json.RawMessage) error {
	for name, text := range parts {
		part := form.FieldByName(name)
		if !part.IsValid() {
			return nil
		}
		file := runtime.File{Name: "file.txt", Content: strings.NewReader("some text")}
		switch p := part.Addr().Interface().(type) {
		case *runtime.File:
			*p = file
		case *runtime.Optional[runtime.File]:
			*p = runtime.Some(file)
		case *[]runtime.File:
			*p = []runtime.File{file}
		case *runtime.Optional[[]runtime.File]:
			*p = runtime.Some([]runtime.File{file})
		default:
			if err := decode(text, part); err != nil {
				return fmt.Errorf("part %s: %w", name, err)
			}
		}
	}
	return nil
}

func decode(text json.RawMessage, v reflect.Value) error {
	if text == nil {
		return nil
	}
	if v.Type() == reflect.TypeFor[[]byte]() {
		var s string
		if json.Unmarshal(text, &s) == nil {
			v.SetBytes([]byte(s))
			return nil
		}
	}
	return json.Unmarshal(text, v.Addr().Interface())
}

// finish reads what a method returned to its end.
func finish(results []reflect.Value) error {
	for _, r := range results {
		if r.Kind() == reflect.Func && r.Type().CanSeq2() {
			n := 0
			for _, e := range r.Seq2() {
				if err, _ := e.Interface().(error); err != nil {
					return err
				}
				if n++; n > 3 {
					break
				}
			}
			return nil
		}
		if s, ok := r.Interface().(*runtime.Stream); ok && s != nil {
			_, err := io.Copy(io.Discard, s)
			return errors.Join(err, s.Close())
		}
		if err, _ := r.Interface().(error); err != nil {
			return err
		}
	}
	return nil
}

// recorder keeps the last exchange.
type recorder struct {
	next http.RoundTripper

	mu   sync.Mutex
	last Outcome
}

func (r *recorder) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = Outcome{}
}

func (r *recorder) fill(o *Outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o.Request, o.Status, o.Response, o.Violations = r.last.Request, r.last.Status, r.last.Response, r.last.Violations
}

// RoundTrip keeps the beginning of what is sent and of what comes back.
func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	r.mu.Lock()
	r.last.Request = request.Method + " " + request.URL.String() + " "
	r.mu.Unlock()
	if request.Body != nil && request.Body != http.NoBody {
		request = request.Clone(request.Context())
		request.Body = &copied{request.Body, r, &r.last.Request}
	}
	response, err := r.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last.Status, r.last.Violations = response.StatusCode, response.Header.Get("Sl-Violations")
	response.Body = &copied{response.Body, r, &r.last.Response}
	return response, nil
}

// copied writes the beginning of a body down as it is read.
type copied struct {
	io.ReadCloser
	by *recorder
	to *string
}

func (c *copied) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.by.mu.Lock()
	defer c.by.mu.Unlock()
	if room := 2000 - len(*c.to); room > 0 {
		*c.to += string(p[:min(n, room)])
	}
	return n, err
}

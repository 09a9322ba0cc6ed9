package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

func cold(s side) string {
	e := serve(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(100 * time.Millisecond)
		grant(`,"expires_in":3600`)(w, r)
	})
	defer e.Close()
	c := s(e.URL)
	var callers sync.WaitGroup
	for range 1000 {
		callers.Go(func() { _ = c.token(context.Background()) })
	}
	callers.Wait()
	return fmt.Sprint(e.requests.Load())
}

func impatient(s side) string {
	e := serve(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(500 * time.Millisecond)
		grant(`,"expires_in":3600`)(w, r)
	})
	defer e.Close()
	c := s(e.URL)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	_ = c.token(ctx)
	return fmt.Sprintf("%d ms", time.Since(start).Milliseconds())
}

type lifetime struct{ name, member string }

var lifetimes = []lifetime{
	{"absent", ``},
	{"0", `,"expires_in":0`},
	{"-5", `,"expires_in":-5`},
	{"1", `,"expires_in":1`},
	{"120", `,"expires_in":120`},
	{"86400", `,"expires_in":86400`},
	{"1e18", `,"expires_in":1000000000000000000`},
}

func (l lifetime) requests(s side) string {
	e := serve(grant(l.member))
	defer e.Close()
	c := s(e.URL)
	failed := 0
	for range 1000 {
		if c.token(context.Background()) != nil {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Sprintf("%d, %d calls failed", e.requests.Load(), failed)
	}
	return fmt.Sprint(e.requests.Load())
}

// longest keeps the longest of several durations.
type longest struct{ atomic.Int64 }

func (l *longest) note(d time.Duration) {
	for old := l.Load(); int64(d) > old && !l.CompareAndSwap(old, int64(d)); old = l.Load() {
	}
}

func (l *longest) String() string {
	return fmt.Sprintf("%.1f ms", float64(l.Load())/float64(time.Millisecond))
}

func outage(s side) string {
	e := serve(fail)
	defer e.Close()
	c := s(e.URL)
	var callers sync.WaitGroup
	var slowest, recovered longest
	well := make(chan time.Time, 1) // when the endpoint is well again
	end := time.Now().Add(5 * time.Second)
	time.AfterFunc(5*time.Second, func() {
		e.set(grant(`,"expires_in":3600`))
		well <- time.Now()
	})
	var found sync.Once
	var first time.Time
	var asked atomic.Int64
	for range 64 {
		callers.Go(func() {
			for {
				start := time.Now()
				err := c.token(context.Background())
				if err == nil {
					found.Do(func() { first = time.Now() })
					return
				}
				slowest.note(time.Since(start))
				if start.Before(end) {
					asked.Store(e.requests.Load())
				}
				time.Sleep(10 * time.Millisecond)
			}
		})
	}
	callers.Wait()
	recovered.note(first.Sub(<-well))
	return fmt.Sprintf("%d, %s, %s", asked.Load(), &slowest, &recovered)
}

func outageWithToken(s side) string {
	e := serve(grant(`,"expires_in":14`))
	defer e.Close()
	c := s(e.URL)
	failed, all := 0, 0
	for start := time.Now(); time.Since(start) < 13*time.Second; time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > time.Second {
			e.set(fail)
		}
		all++
		if c.token(context.Background()) != nil {
			failed++
		}
	}
	return fmt.Sprintf("%d of %d", failed, all)
}

func renewal(s side) string {
	e := serve(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(300 * time.Millisecond)
		grant(`,"expires_in":11`)(w, r)
	})
	defer e.Close()
	c := s(e.URL)
	_ = c.token(context.Background())
	var slowest longest
	for begin := time.Now(); time.Since(begin) < 10*time.Second; time.Sleep(10 * time.Millisecond) {
		start := time.Now()
		_ = c.token(context.Background())
		slowest.note(time.Since(start))
	}
	return slowest.String()
}

// outcome is what a client makes of a response.
func outcome(s side, handler http.HandlerFunc) string {
	e := serve(handler)
	defer e.Close()
	if s(e.URL).token(context.Background()) != nil {
		return "error"
	}
	return "accepted"
}

func narrower(s side) string { return outcome(s, grant(`,"expires_in":3600,"scope":"things:list"`)) }

func otherType(s side) string {
	return outcome(s, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"access_token":"a","token_type":"mac","expires_in":3600}`)
	})
}

func redirect(s side) string {
	var leaked atomic.Bool
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		leaked.Store(r.PostFormValue("client_secret") == secret)
	}))
	defer other.Close()
	outcome(s, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	})
	return yes(leaked.Load())
}

func printed(s side) string {
	return yes(strings.Contains(fmt.Sprintf("%+v", s("http://127.0.0.1:1").holder), secret))
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

package sandbox

import (
	"slices"
	"strings"
	"time"
)

// Call is one request as the server saw it. Written as JSON, one line for each, it
// is what "scopegen audit --observed" reads.
type Call struct {
	Time      time.Time `json:"time"`
	Method    string    `json:"method"`
	Path      string    `json:"path"`                // as sent, without the query
	Operation string    `json:"operation,omitempty"` // its id in the catalogue; "" if there is none, "token" for a token request
	Client    string    `json:"client,omitempty"`    // id of the client, "" if it is not known
	Scopes    []string  `json:"scopes,omitempty"`    // of the token; of a token request, those granted
	Permitted []string  `json:"permitted,omitempty"` // those of Scopes that permitted the call
	Keys      []string  `json:"keys,omitempty"`      // names of the keys that permitted the call
	Status    int       `json:"status"`
	Detail    string    `json:"detail,omitempty"` // why it was refused
	// Ignored names the query parameters of the request that the operation does
	// not have, sorted. They have no effect and may be misspelt.
	Ignored []string `json:"ignored,omitempty"`
}

// Usage summarizes what was done with all access tokens of one client that have
// the same scopes.
type Usage struct {
	Client string
	Scopes []string
	Used   []string // scopes that permitted a call
	Unused []string // scopes that permitted none
	Tokens int      // tokens issued
	Calls  int      // calls made with them
}

// calls records the newest calls, and which scopes all calls used.
type calls struct {
	ring  []Call
	next  int // index of the oldest call, which is overwritten next, once the ring is full
	usage map[string]*usage
	order []*usage
}

type usage struct {
	client string
	scopes []string
	used   map[string]bool
	tokens int
	calls  int
}

func (c *calls) of(client string, scopes []string) *usage {
	sorted := slices.Sorted(slices.Values(scopes))
	key := client + "\x00" + strings.Join(sorted, " ")
	u := c.usage[key]
	if u == nil {
		u = &usage{client: client, scopes: sorted, used: map[string]bool{}}
		if len(c.order) >= maxTokens {
			return u // not kept
		}
		if c.usage == nil {
			c.usage = map[string]*usage{}
		}
		c.usage[key] = u
		c.order = append(c.order, u)
	}
	return u
}

func (c *calls) issued(t *token) { c.of(t.client, t.scopes).tokens++ }

func (c *calls) record(call Call, t *token) {
	call.Method, call.Path, call.Detail = clip(call.Method, maxDetail), clip(call.Path, maxDetail), clip(call.Detail, maxDetail)
	if len(c.ring) < maxCalls {
		c.ring = append(c.ring, call)
	} else {
		c.ring[c.next] = call
		c.next = (c.next + 1) % maxCalls
	}
	if t == nil {
		return
	}
	u := c.of(t.client, t.scopes)
	u.calls++
	for _, scope := range call.Permitted {
		u.used[scope] = true
	}
}

// Calls returns the newest 10,000 calls, the oldest of them first.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Concat(s.calls.ring[s.calls.next:], s.calls.ring[:s.calls.next])
}

// Usage returns a summary for each client and scope set for which access tokens
// were issued: which of the scopes permitted a call, and which permitted none. A
// scope that permits none of the calls that a program can make is one that the
// program need not hold.
func (s *Server) Usage() []Usage {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Usage, 0, len(s.calls.order))
	for _, u := range s.calls.order {
		one := Usage{Client: u.client, Scopes: slices.Clone(u.scopes), Tokens: u.tokens, Calls: u.calls}
		for _, scope := range u.scopes {
			if u.used[scope] {
				one.Used = append(one.Used, scope)
			} else {
				one.Unused = append(one.Unused, scope)
			}
		}
		all = append(all, one)
	}
	return all
}

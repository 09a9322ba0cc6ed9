// Command tokens prints what the runtime's tokens do in good times and bad,
// beside golang.org/x/oauth2/clientcredentials doing the same, each against an
// HTTP server of its own on loopback.
//
//	go run .
//
// It takes about a minute, since outages and lifetimes are waited for.
package main

import (
	"fmt"
	"os"
	"sync"
	"text/tabwriter"
)

// sides are what is compared, in the order of the columns.
var sides = []side{ours, theirs}

// row is a line of the table: what was measured, and the figure of each side.
type row struct {
	what    string
	figures [2]string
}

// measure fills a row, both sides at the same time where that disturbs neither.
func measure(what string, together bool, figure func(side) string) row {
	r := row{what: what}
	var both sync.WaitGroup
	for i, s := range sides {
		if !together {
			r.figures[i] = figure(s)
			continue
		}
		both.Go(func() { r.figures[i] = figure(s) })
	}
	both.Wait()
	return r
}

func main() {
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "tokens\tscopegen\tx/oauth2")
	print := func(rows ...row) {
		for _, r := range rows {
			fmt.Fprintf(out, "%s\t%s\t%s\n", r.what, r.figures[0], r.figures[1])
		}
	}
	print(measure("cold, 1,000 goroutines: token requests", false, cold))
	print(measure("waiter with a deadline of 50 ms, endpoint takes 500 ms: returns after", true, impatient))
	for _, lifetime := range lifetimes {
		print(measure("expires_in "+lifetime.name+", 1,000 calls: token requests", false, lifetime.requests))
	}
	print(measure("endpoint answers 500 for 5 s, 64 callers: requests, slowest caller, found well after", false, outage))
	print(together(
		measurement{"the same for 12 s with a token of 14 s: calls that failed", outageWithToken},
		measurement{"renewal of a token of 11 s, endpoint takes 300 ms: longest a caller waited in 10 s", renewal},
	)...)
	print(measure("granted less than asked", true, narrower))
	print(measure("token_type mac", true, otherType))
	print(measure("token endpoint redirects (307): client_secret at the other host", true, redirect))
	print(measure("client_secret in %+v of what holds it", true, printed))
	hot, err := hotPath()
	if err != nil {
		fmt.Fprintln(os.Stderr, "tokens:", err)
		os.Exit(1)
	}
	print(hot...)
	_ = out.Flush() // standard output: nobody left to tell
}

type measurement struct {
	what   string
	figure func(side) string
}

// together takes several measurements that mostly wait.
func together(all ...measurement) []row {
	rows := make([]row, len(all))
	var wait sync.WaitGroup
	for i, m := range all {
		wait.Go(func() { rows[i] = measure(m.what, true, m.figure) })
	}
	wait.Wait()
	return rows
}

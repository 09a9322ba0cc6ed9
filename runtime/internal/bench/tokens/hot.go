package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// hotPath measures what a valid token costs. The runtime's own lookup is not
// exported, so its figure comes from the benchmark in its tests, which has the
// same form as the one here.
func hotPath() ([]row, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/scopegen/scopegen").Output()
	if err != nil {
		return nil, fmt.Errorf("where is the runtime: %w", err)
	}
	test := exec.Command("go", "test", "-run=^$", "-bench=^BenchmarkToken$", ".")
	test.Dir = filepath.Join(strings.TrimSpace(string(out)), "runtime")
	text, err := test.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("the runtime's benchmark: %w\n%s", err, text)
	}
	e := serve(grant(`,"expires_in":86400`))
	defer e.Close()
	c := theirs(e.URL)
	var rows []row
	for _, goroutines := range []int{1, 8, 64, 1000} {
		line := regexp.MustCompile(fmt.Sprintf(`goroutines=%d(?:-\d+)?\s+\d+\s+([\d.]+ ns)/op\s+\d+ B/op\s+(\d+) allocs`, goroutines)).FindSubmatch(text)
		if line == nil {
			return nil, fmt.Errorf("the runtime's benchmark has no figure for %d goroutines:\n%s", goroutines, text)
		}
		theirs := testing.Benchmark(func(b *testing.B) {
			b.ReportAllocs()
			b.SetParallelism(max(1, goroutines/runtime.GOMAXPROCS(0)))
			ctx := context.Background()
			if goroutines == 1 {
				for b.Loop() {
					_ = c.token(ctx)
				}
				return
			}
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					_ = c.token(ctx)
				}
			})
		})
		rows = append(rows, row{fmt.Sprintf("valid token, %d goroutines: time, allocations", goroutines), [2]string{
			fmt.Sprintf("%s, %s", line[1], line[2]),
			fmt.Sprintf("%.1f ns, %d", float64(theirs.T.Nanoseconds())/float64(theirs.N), theirs.AllocsPerOp()),
		}})
	}
	return rows, nil
}

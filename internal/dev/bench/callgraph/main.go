// Command callgraph finds what a program reaches with a general call graph, rapid
// type analysis or variable type analysis of golang.org/x/tools. The bench compares
// the audit with it.
//
// Usage: callgraph rta|vta package
package main

import (
	"fmt"
	"os"

	"golang.org/x/tools/go/callgraph/cha"
	"golang.org/x/tools/go/callgraph/rta"
	"golang.org/x/tools/go/callgraph/vta"
	"golang.org/x/tools/go/packages"
	"golang.org/x/tools/go/ssa"
	"golang.org/x/tools/go/ssa/ssautil"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: callgraph rta|vta package")
		os.Exit(2)
	}
	reached, err := analyse(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, "callgraph:", err)
		os.Exit(1)
	}
	fmt.Printf("%d functions are in the graph\n", reached)
}

func analyse(algorithm, pattern string) (int, error) {
	initial, err := packages.Load(&packages.Config{Mode: packages.LoadAllSyntax}, pattern)
	if err != nil {
		return 0, err
	}
	if packages.PrintErrors(initial) > 0 {
		return 0, fmt.Errorf("%s does not compile", pattern)
	}
	program, loaded := ssautil.AllPackages(initial, ssa.InstantiateGenerics)
	program.Build()
	var roots []*ssa.Function
	for _, p := range ssautil.MainPackages(loaded) {
		roots = append(roots, p.Func("init"), p.Func("main"))
	}
	switch algorithm {
	case "rta":
		return len(rta.Analyze(roots, true).CallGraph.Nodes), nil
	case "vta":
		return len(vta.CallGraph(ssautil.AllFunctions(program), cha.CallGraph(program)).Nodes), nil
	}
	return 0, fmt.Errorf("there is no algorithm %q", algorithm)
}

package spec_test

import (
	"fmt"
	"testing"

	"github.com/scopegen/scopegen/spec"
)

func TestTryGolden(t *testing.T) {
	c, list := spec.LoadFile("../internal/golden/scopes.yaml")
	for _, d := range list {
		fmt.Println(d.Pos, d.Message, d.Hint, "|", d.Source)
	}
	if c == nil {
		t.Fatal()
	}
	fmt.Printf("%v %d %d %+v\n", c.Files, len(c.Operations), len(c.Types), *c.Operations[0])
	fmt.Printf("%+v\n", c.Operations[0].Requires)
	fmt.Printf("%+v\n", *c.Types[0].Value)
}

package spec_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/dev/synthetic"
	"github.com/scopegen/scopegen/spec"
)

func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{100, 1000, 5000, 30000} {
		b.Run(fmt.Sprintf("operations=%d", n), func(b *testing.B) {
			folder := b.TempDir()
			require.NoError(b, synthetic.Write(folder, n))
			files, err := os.ReadDir(folder)
			require.NoError(b, err)
			var size int64
			for _, file := range files {
				info, err := file.Info()
				require.NoError(b, err)
				size += info.Size()
			}
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				c, findings := spec.LoadFile(filepath.Join(folder, "scopes.yaml"))
				require.NoError(b, findings.Err())
				runtime.KeepAlive(c)
			}
		})
	}
}

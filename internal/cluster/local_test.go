package cluster_test

import (
	"testing"

	"go.uber.org/goleak"

	"tintype/internal/cluster"
	"tintype/internal/cluster/clustertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLocal(t *testing.T) {
	t.Parallel()
	clustertest.Run(t, func(t *testing.T) cluster.Cluster {
		l := cluster.NewLocal()
		t.Cleanup(func() { l.Close() })
		return l
	})
}

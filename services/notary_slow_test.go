//go:build slow

package services

import (
	"testing"

	"github.com/samplit/samplit/db/dbtest"
)

func init() {
	mutations = 110 * len(breakIns)
	seals = bundleCheckpoints + 5
}

// No false alarm over 10^5 honest entries of 200 writers at once.
func TestTwoHundredWritersMakeOneChain(t *testing.T) {
	manyWriters(t, newArchivist(t, dbtest.Open(t)), 200, 500)
}

//go:build slow

package simulate

// full plays scenarios with all their runs.
const full = true

//go:build e2e && slow

package standards_test

// asked is how many visitors every client is asked about: all.
const asked = visitors

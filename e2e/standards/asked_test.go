//go:build e2e && !slow

package standards_test

// asked is how many visitors every client is asked about, one flag at a time; the others only by those that decide many at once.
const asked = 500

package services

import "time"

// Clock tells the time; tests stop it.
type Clock func() time.Time

// now is in UTC and in the database's resolution, so that what is written reads back equal.
func (c Clock) now() time.Time {
	return c().UTC().Truncate(time.Microsecond)
}

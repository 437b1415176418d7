package services

import "errors"

// Reasons that a door treats specially.
const (
	ResetOver  = "reset_over"  // a mailed link works no more
	InviteOnly = "invite_only" // nobody registers by themselves
)

// Reason returns the stable word of an Error, empty for any other.
func Reason(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

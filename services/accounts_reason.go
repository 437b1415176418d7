package services

import "errors"

// ResetOver is the Reason of a mailed link that works no more.
const ResetOver = "reset_over"

// Reason returns the stable word of an Error, empty for any other.
func Reason(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

package views

// Problem is an error page. Status is 403, 404, 405, 413, 429, 500 or 503; any other reads as 500. RetryAfter is in seconds.
type Problem struct {
	Status     int
	RequestID  string
	RetryAfter int
}

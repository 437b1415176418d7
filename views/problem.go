package views

import "context"

// Problem is an error page. Status is 403, 404, 405, 413, 429, 500 or 503; any other reads as 500. RetryAfter is in seconds.
type Problem struct {
	Status     int
	RequestID  string
	RetryAfter int
}

// problemWords are title, explanation and next step of each status.
var problemWords = map[int][3]string{
	403: {"problem.403", "problem.403_text", "problem.home"},
	404: {"problem.404", "problem.404_text", "problem.home"},
	405: {"problem.405", "problem.405_text", "problem.home"},
	413: {"problem.413", "problem.413_text", "problem.back"},
	429: {"problem.429", "problem.429_text", "problem.retry"},
	500: {"problem.500", "problem.500_text", "problem.retry"},
	503: {"problem.503", "problem.503_text", "problem.retry"},
}

func problemWord(ctx context.Context, status, part int) string {
	words, ok := problemWords[status]
	if !ok {
		words = problemWords[500]
	}
	return t(ctx, words[part])
}

// problemNext is where the page's one button leads.
func problemNext(p Page, status int) string {
	switch {
	case status == 413 || status == 429 || status >= 500:
		return p.Path
	case p.User != nil:
		return "/home"
	}
	return "/"
}

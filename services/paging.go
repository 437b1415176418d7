package services

import "fmt"

// Paging asks for one page of a list; zero values are the first page of twenty.
type Paging struct{ Page, PerPage int }

const (
	maxPage    = 100_000
	maxPerPage = 100
)

// bounds returns limit and offset, or notes what is wrong.
func (p *Paging) bounds(f Fields) (take, skip int32) {
	if p.Page == 0 {
		p.Page = 1
	}
	if p.PerPage == 0 {
		p.PerPage = 20
	}
	if p.Page < 1 || p.Page > maxPage {
		f.add("page", "range", fmt.Sprintf("Must be 1 to %d.", maxPage))
	}
	if p.PerPage < 1 || p.PerPage > maxPerPage {
		f.add("per_page", "range", fmt.Sprintf("Must be 1 to %d.", maxPerPage))
	}
	if f.err() != nil {
		return 0, 0
	}
	return int32(p.PerPage), int32((p.Page - 1) * p.PerPage)
}

// List is one page of things.
type List[T any] struct {
	Items   []T  `json:"items"`
	Total   int  `json:"total"`
	Page    int  `json:"page"`
	PerPage int  `json:"per_page"`
	HasMore bool `json:"has_more"`
}

func newList[T any](items []T, total int64, p Paging) List[T] {
	return List[T]{Items: items, Total: int(total), Page: p.Page, PerPage: p.PerPage, HasMore: int64(p.Page)*int64(p.PerPage) < total}
}

package views

import (
	"net/url"
	"strconv"
	"time"

	"github.com/a-h/templ"
)

// Quarantine lists what the database refused: GET /quarantine. With CanReplay it can be tried again (POST /quarantine/retry, with id
// for one) and thrown away (GET and POST /quarantine/discard).
type Quarantine struct {
	Rows               []HeldRow
	Total, Page, Pages int
	CanReplay          bool
}

// HeldRow is one entry.
type HeldRow struct {
	ID                          string
	At                          time.Time
	Kind, Visitor, Page, Reason string
	Tries                       int
	Body                        string
}

// Discard asks whether entries should go for good: the one of ID or, without it, all Count. The number has to be typed (count).
type Discard struct {
	ID     string
	Count  int
	Errors Errors
}

func quarantineURL(page int) templ.SafeURL {
	return templ.SafeURL("/quarantine?page=" + strconv.Itoa(page))
}

func discardURL(id string) templ.SafeURL {
	if id == "" {
		return "/quarantine/discard"
	}
	return "/quarantine/discard?" + templ.SafeURL(url.Values{"id": {id}}.Encode())
}

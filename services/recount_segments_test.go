package services

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/samplit/samplit/db/dbtest"
)

// shop is a test of a revenue goal with groups of visitors.
type shop struct {
	*traffic
	segments *Segments
	owner    string
}

func newShop(t *testing.T) *shop {
	t.Helper()
	d, owner := clonedAt(t)
	x := dbtest.Experiment(t, d, "sequential")
	dbtest.Exec(t, owner, `UPDATE goals SET type = 'revenue', config = '{"currency": "EUR"}'`)
	return &shop{joinTraffic(t, d, x), NewSegments(d, time.Now, slog.New(slog.DiscardHandler)), owner}
}

// visit has somebody see a variant and buy orders, which are named after them; what is negative they give back of the one before.
func (s *shop) visit(t *testing.T, visitor string, v Visit, amounts ...Decimal) {
	t.Helper()
	if _, err := s.Assign(t.Context(), AssignRequest{Token: s.x.Token, Experiment: s.x.Key, Visitor: visitor, Visit: v, Expose: true}); err != nil {
		t.Fatal(err)
	}
	order := ""
	for i, amount := range amounts {
		id := fmt.Sprintf("%s-%d", visitor, i)
		if amount > 0 {
			order = id
		}
		_, err := s.Convert(t.Context(), ConvertRequest{Token: s.x.Token, Experiment: s.x.Key, Goal: s.x.GoalKey, Visitor: visitor, EventID: id, Order: order,
			Currency: "EUR", Value: &amount})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// crowd are visitors from more countries than stand by themselves, some of whom nothing is known of.
func (s *shop) crowd(t *testing.T) {
	t.Helper()
	countries := []string{"ES", "FR", "DE", "PT", "IT", "PL", "NL", "BE", "AT", "CH", "SE", "NO", "FI", "DK", "IE", ""}
	devices := []string{"mobile", "desktop", "tablet", ""}
	for i := range 120 {
		v := Visit{Device: devices[i%4], Country: countries[(i*7)%16], NoReferrer: i%3 == 0}
		price := Decimal(19_9900 + i*1_1100)
		switch i % 5 {
		case 0:
			s.visit(t, fmt.Sprint("v", i), v, price)
		case 1:
			s.visit(t, fmt.Sprint("v", i), v, price, price/2, -1_0100)
		default:
			s.visit(t, fmt.Sprint("v", i), v)
		}
	}
}

func (s *shop) count(t *testing.T) {
	t.Helper()
	if err := s.segments.count(t.Context(), s.x.Account, s.x.ID); err != nil {
		t.Fatal(err)
	}
}

func (s *shop) finds(t *testing.T, want ...string) {
	t.Helper()
	_, found := recounted(t, s.db)
	if len(found) != len(want) {
		t.Fatalf("differences %q, want %q", found, want)
	}
	for i := range want {
		if !strings.Contains(found[i], want[i]) {
			t.Errorf("got %q, want %q in it", found[i], want[i])
		}
	}
}

// ofGroups and ofRollups are what the visitors of each arm did, the former once for each dimension.
const (
	ofGroups = `SELECT format('%s arm %s: %s visitors, %s converters, %s, %s', dimension, arm, sum(visitors), sum(converters),
		round(sum(amount)::numeric, 6), round(sum(amount_sq)::numeric, 6))
		FROM segment_tallies GROUP BY dimension, arm HAVING sum(visitors) > 0 ORDER BY 1`
	ofRollups = `SELECT format('%s arm %s: %s visitors, %s converters, %s, %s', d, arm, sum(visitors), sum(converters), round(sum(value), 6), round(sum(value_sq), 6))
		FROM cohort_counts, unnest(ARRAY['device', 'source', 'visitor', 'country']) d GROUP BY d, arm ORDER BY 1`
)

func (s *shop) addsUp(t *testing.T) {
	t.Helper()
	want, got := dbtest.Texts(t, s.owner, ofRollups), dbtest.Texts(t, s.owner, ofGroups)
	if diff := cmp.Diff(want, got); diff != "" || len(want) == 0 {
		t.Errorf("groups beside rollups (-want +got):\n%s", diff)
	}
}

func TestGroupsAddUpToTheRollups(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.crowd(t)
	s.count(t)
	s.addsUp(t)
	if n := dbtest.Texts(t, s.owner, "SELECT count(DISTINCT value)::text FROM segment_tallies WHERE dimension = 'country'")[0]; n != "14" {
		t.Errorf("%s countries, want 12, all others, and the unknown", n)
	}
	// Nobody is new and nobody converts for the first time, and yet there is something to count.
	s.visit(t, "v0", Visit{}, 19_9900, 50_0000)
	s.count(t)
	s.addsUp(t)
}

func TestRecountComparesGroups(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.crowd(t)
	s.finds(t) // never counted
	s.count(t)
	s.finds(t)
	const one = " WHERE dimension = 'device' AND value = 'mobile' AND arm = 1"
	for _, number := range []string{"visitors", "converters", "amount", "amount_sq"} {
		change := "UPDATE segment_tallies SET " + number + " = " + number + " %s 1" + one
		if n := dbtest.Exec(t, s.owner, fmt.Sprintf(change, "+")); n != 1 {
			t.Fatalf("changed %d rows", n)
		}
		s.finds(t, "experiment "+s.x.ID.String()+" split 0 device mobile goal "+s.x.Goal.String()+" arm 1: visitors ")
		dbtest.Exec(t, s.owner, fmt.Sprintf(change, "-"))
	}
	s.count(t) // finds nothing to do, so what is kept stays
	dbtest.Exec(t, s.owner, "UPDATE segment_tallies SET value = 'LU' WHERE dimension = 'country' AND value = 'other' AND arm = 0")
	s.finds(t, "country LU goal", "country other goal")
	s.visit(t, "later", Visit{Device: "mobile"})
	s.finds(t) // the count is one of another moment
	s.count(t)
	s.finds(t)
}

// What brings an amount and no visitor or converter makes a count one of another moment, too.
func TestRecountLeavesGroupsOfBeforeAPurchase(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.visit(t, "v", Visit{Device: "mobile"}, 100_0000)
	s.count(t)
	dbtest.Exec(t, s.owner, "UPDATE segment_tallies SET amount = amount + 1")
	if _, found := recounted(t, s.db); len(found) == 0 {
		t.Fatal("amounts that were changed are not found")
	}
	s.visit(t, "v", Visit{}, 100_0000, 5_0000)
	s.finds(t)
	s.count(t)
	s.finds(t)
	s.visit(t, "v", Visit{}, 100_0000, 5_0000, -5_0000)
	s.finds(t)
	s.count(t)
	s.finds(t)
	s.addsUp(t)
}

// A count that reads before somebody is erased and is kept afterwards still holds their groups: it is made anew.
func TestACountAroundAnErasureIsMadeAnew(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.crowd(t)
	s.count(t)
	s.visit(t, "late", Visit{Device: "tablet"})
	c, err := s.segments.read(t.Context(), s.x.Account, s.x.ID)
	if err != nil {
		t.Fatal(err)
	}
	dbtest.Exec(t, s.owner, "UPDATE assignments SET segment = NULL WHERE visitor = 'v0'")
	dbtest.Exec(t, s.owner, "UPDATE segment_counts SET seen = least(seen, 0) - 1")
	if err := s.segments.keep(t.Context(), s.x.Account, c); err != nil {
		t.Fatal(err)
	}
	s.finds(t)
	s.count(t)
	s.finds(t)
	if kept := dbtest.Texts(t, s.owner, "SELECT sum(visitors)::text FROM segment_tallies WHERE dimension = 'device' AND value = 'mobile'")[0]; kept != "29" {
		t.Errorf("%s visitors with a phone, want 29: the one who was erased is none", kept)
	}
}

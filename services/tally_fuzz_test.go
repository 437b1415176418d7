package services

import (
	"encoding/json"
	"strings"
	"testing"
)

// Whatever a file holds, it is refused or counted, and what is counted can be judged and written.
func FuzzTally(f *testing.F) {
	for _, file := range []string{
		"variant,visitors,conversions\na,10,1\nb,10,2\n",
		"variant;visitors;conversions;revenue;revenue_sq\r\na;10;1;12,5;156,25\r\n",
		"visitor_id,variant,converted,value\nv1,a,1,9\nv1,b,0,\nv2,b,yes,-3e8\n",
		"\ufeffvisitor_id\tvariant\tconverted\nv\t=1+1\tno\n",
		"variant,visitors,conversions\n\"a,1e12,1e12\n",
		"\xff\xfe",
	} {
		f.Add(file, "", 0.5)
	}
	f.Fuzz(func(t *testing.T, file, control string, weight float64) {
		tally, err := ReadTally(t.Context(), strings.NewReader(file), control, 100)
		if err != nil {
			return
		}
		for _, a := range tally.Arms {
			if a.Conversions < 0 || a.Conversions > a.Visitors || a.Name == "" {
				t.Errorf("counted %+v", a)
			}
		}
		for _, ratios := range [][]float64{nil, {weight, 1 - weight}} {
			r, err := tally.Results(t.Context(), ratios)
			if err != nil {
				continue
			}
			if _, err := json.Marshal(r); err != nil || r.Verdict.Headline == "" {
				t.Errorf("%q: %v, headline %q", file, err, r.Verdict.Headline)
			}
		}
	})
}

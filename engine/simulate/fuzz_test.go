package simulate

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
)

// FuzzScenario: a scenario is refused by name of its field, or it has a cost, and a small one is played to an answer that JSON can hold.
func FuzzScenario(f *testing.F) {
	for _, seed := range []string{
		`{"kind":"bandit","seed":1,"runs":2,"rates":[0.1,0.2],"daily":20,"days":2}`,
		`{"kind":"compare","seed":1,"runs":2,"rates":[0.04,0.05],"daily":20,"days":2}`,
		`{"kind":"delay","seed":1,"runs":2,"rates":[0.1,0.2],"daily":20,"days":2}`,
		`{"kind":"factorial","seed":1,"runs":2,"daily":20,"days":2,"elements":[[0,0.1],[0,0.2]]}`,
		`{"kind":"funnel","seed":1,"runs":2,"daily":20,"days":2}`,
		`{"kind":"inference","seed":1,"runs":2,"rates":[0.1,0.1],"daily":20,"days":2}`,
		`{"kind":"peeking","seed":1,"runs":2,"rates":[0.1,0.1],"daily":20,"days":2}`,
		`{"kind":"verdict","seed":1,"runs":2,"rates":[0.05,0.05],"daily":20,"days":2,"allocator":"thompson","weekly":0.3}`,
		`{"kind":"bandit","runs":-1}`, `{"kind":"bandit","rates":[1e999]}`, `{"kind":"bandit","rates":null,"daily":9223372036854775807,"days":9223372036854775807}`,
		`{"kind":"verdict","rates":0.1}`, `{"kind":"verdict","rates":[[0.1,0.2],"x"]}`, `{"kind":""}`, `{"KIND":"bandit","Kind":"verdict"}`, `[]`, `null`, ``,
		`{"kind":"bandit"}{"kind":"bandit"}`, strings.Repeat("[", 20_000),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Decode(strings.NewReader(text))
		if err != nil {
			return
		}
		if cost := s.Cost(); !(cost >= 0) || math.IsInf(cost, 0) {
			t.Fatalf("costs %g", cost)
		}
		answer, err := s.Run(context.Background(), Options{Workers: 1, Limit: .002})
		var dear *CostError
		var field *FieldError
		switch {
		case errors.As(err, &dear), errors.As(err, &field):
		case err != nil:
			t.Errorf("%v", err)
		default:
			if _, err := json.Marshal(answer); err != nil {
				t.Errorf("the answer is no JSON: %v", err)
			}
		}
	})
}

package main

import (
	"math/rand/v2"
	"net/http"
	"testing"

	"github.com/samplit/samplit/e2e/chaos"
	"github.com/samplit/samplit/engine/stats"
)

// Fifty times the weights change under visitors who come back to both nodes, also after each of them was started again. Nobody ever sees
// two variants. The check of the split knows the weights of each epoch and stays quiet; one that pools the visitors would cry wolf.
func TestFiftyEpochsShowNobodyTwoVariants(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	id := p.owner.Launch("fifty")
	p.awaitEpoch("fifty", 1)
	crowd := chaos.NewCrowd(t, p.owner.Token, "fifty", "fifty-")
	random := rand.New(rand.NewPCG(50, 0))
	const epochs, fresh, back = 50, 150, 100
	visitors := 0
	visit := func(from, to int) {
		t.Helper()
		if failed := crowd.Visit(from, to, p.addrs()...); failed > 0 {
			t.Fatalf("%d of visitors %d to %d got no variant", failed, from, to)
		}
	}
	weight := 0
	for epoch := 1; epoch <= epochs; epoch++ {
		if epoch > 1 {
			weight = 20 + (weight+7+random.IntN(40))%75 // of b, never twice the same
			p.owner.Weigh(id, 100-weight, weight)
			p.awaitEpoch("fifty", epoch)
		}
		visit(visitors, visitors+fresh)
		visitors += fresh
		from := random.IntN(visitors - back + 1)
		visit(from, from+back)
		if epoch == epochs/2 {
			p.restart(1)
		}
	}
	p.restart(0)
	p.restart(1)
	visit(0, visitors)
	for i, a := range p.addrs() { // everybody at each node
		if failed := crowd.Visit(0, visitors, a); failed > 0 {
			t.Errorf("node %d: %d got no variant", i, failed)
		}
	}
	t.Logf("%d answers were not stored", crowd.Loose())
	if moved := crowd.Moved(); moved > 0 {
		t.Errorf("%d visits showed another variant than before", moved)
	}

	told, total := crowd.Told(), []float64{0, 0}
	for _, arms := range told {
		total[0] += float64(arms["control"])
		total[1] += float64(arms["b"])
	}
	if len(told) != epochs || total[0]+total[1] != float64(visitors) {
		t.Fatalf("visitors came first in %d epochs, %v in all; want %d epochs and %d visitors", len(told), total, epochs, visitors)
	}
	results := p.owner.Call(http.MethodGet, "/analytics/experiments/"+id, nil, http.StatusOK)
	for i, key := range []string{"control", "b"} {
		if v := results["variants"].([]any)[i].(map[string]any); v["key"] != key || v["visitors"] != total[i] {
			t.Errorf("results count %v of %s, want %v of %s", v["visitors"], v["key"], total[i], key)
		}
	}
	srm := results["srm"].(map[string]any)
	launched, _, _ := stats.SRM(total, []float64{1, 1})
	now, _, _ := stats.SRM(total, []float64{float64(100 - weight), float64(weight)})
	t.Logf("SRM by epoch: p = %v; pooled against the first weights %.2g, against the last %.2g", srm["p"], launched, now)
	if srm["ok"] != true {
		t.Errorf("the check of the split says %v", srm)
	}
	if launched > .0001 || now > .0001 {
		t.Errorf("pooled, p is %.2g and %.2g: the weights did not change enough to show anything", launched, now)
	}
	p.forget()
	if visit(0, visitors); crowd.Moved() == 0 {
		t.Error("nobody moved although all that was stored of them is gone: the check cannot fail")
	}
}

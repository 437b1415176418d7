//go:build e2e

package snippet_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/samplit/samplit/e2e/browser"
	"github.com/samplit/samplit/engine"
)

// lab opens an empty page on which the runtime's own modules are the global smp.
func lab(t *testing.T) *browser.Tab {
	t.Helper()
	folder, err := filepath.Abs("../../static/src/snippet")
	if err != nil {
		t.Fatal(err)
	}
	result := api.Build(api.BuildOptions{
		Stdin: &api.StdinOptions{
			Contents:   `export * from "./hash"; export * from "./url"; export * from "./event"; export * from "./identity"; export * from "./part"; import "./targeting"; export * from "./visit";`,
			ResolveDir: folder,
		},
		Bundle: true, Format: api.FormatIIFE, GlobalName: "smp", Target: api.ES2018,
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true,
	})
	if len(result.Errors) > 0 {
		t.Fatal(result.Errors)
	}
	tab := chromium.NewTab(t)
	tab.Run(string(result.OutputFiles[0].Contents) + ";window.smp = smp")
	return tab
}

func quote(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

func TestHashVectors(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../engine/testdata/growthbook_bucketing.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Vectors []struct {
			ID, Fn string
			In     struct {
				Seed, Value string
				Version     int
			}
			Out struct{ N float64 }
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	tab, ran := lab(t), 0
	for _, v := range file.Vectors {
		if v.Fn != "hash" || v.In.Version != 2 {
			continue
		}
		ran++
		got := browser.Eval[float64](tab, fmt.Sprintf("smp.bucket(%s, %s)", quote(v.In.Seed), quote(v.In.Value)))
		if math.Abs(got-v.Out.N) > 1e-12 {
			t.Errorf("%s: got %v, want %v", v.ID, got, v.Out.N)
		}
	}
	if ran < 9 {
		t.Errorf("ran %d vectors, want at least 9", ran)
	}
}

// Every visitor gets the same arm from the browser and from the server, in and out of traffic, whatever the weights.
func TestScenario04ArmAgreesWithServer(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	type draw struct {
		Seed, Visitor string
		Weights       []int
	}
	var draws []draw
	var want []int
	for i := range 20_000 {
		weights, left := make([]int, 1+random.IntN(8)), 10_000
		for j := range weights[1:] {
			weights[j] = random.IntN(left + 1)
			left -= weights[j]
		}
		weights[len(weights)-1] = left
		d := draw{Seed: fmt.Sprintf("exp-%d/el_%d", i%37, i%5), Visitor: fmt.Sprintf("%x", random.Uint64()), Weights: weights}
		shares := make([]float64, len(weights))
		for j, w := range weights {
			shares[j] = float64(w) / engine.Buckets
		}
		draws = append(draws, d)
		want = append(want, engine.ChooseRange(engine.Hash(d.Seed, d.Visitor), engine.BucketRanges(len(shares), 1, shares)))
	}
	tab := lab(t)
	got := browser.Eval[[]int](tab, quote(draws)+".map(d => smp.pick(smp.bucket(d.Seed, d.Visitor), d.Weights))")
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("%+v: browser chose %d, server %d", draws[i], got[i], want[i])
		}
	}
}

func TestUUIDs(t *testing.T) {
	t.Parallel()
	tab := lab(t)
	bad := browser.Eval[[]string](tab, `Array.from({length: 5000}, (_, i) => smp.uuid(1.7e12 + i)).filter((id, i, all) =>
		!/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/.test(id) ||
		parseInt(id.slice(0, 8) + id.slice(9, 13), 16) !== 1.7e12 + i || all.indexOf(id) !== i || (i && id < all[i - 1]))`)
	if len(bad) > 0 {
		t.Errorf("not version 7, not in order or not unique: %q", bad)
	}
}

func TestPagePatternVectors(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../static/src/testdata/url_patterns.json")
	if err != nil {
		t.Fatal(err)
	}
	tab := lab(t)
	wrong := browser.Eval[[]string](tab, string(raw)+`.filter(v => smp.matchPage(v.pattern, v.url) !== v.match).map(v => JSON.stringify(v))`)
	for _, v := range wrong {
		t.Errorf("browser disagrees with %s", v)
	}
	if n := browser.Eval[int](tab, string(raw)+".length"); n < 60 {
		t.Errorf("got %d vectors, want at least 60", n)
	}
}

package handlers

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// As more waits to be stored, first the simulator makes way, then reports, then the dashboard; the tracker is behind its own door.
func TestSheddingOrder(t *testing.T) {
	t.Parallel()
	pressure := 0.0
	b := setupWith(t, bundleOptions{change: func(d *Deps) { d.Pressure = func() float64 { return pressure } }})
	o := b.owner().withSite()
	id := o.draft()
	asks := map[string]func() int{
		"simulator": func() int { return o.get("/simulate").StatusCode },
		"reports":   func() int { return o.get("/experiments/" + id + "/results").StatusCode },
		"dashboard": func() int { return o.get("/home").StatusCode },
		"health":    func() int { return o.get("/healthz").StatusCode },
		"login":     func() int { return b.browser().get("/login").StatusCode },
	}
	refused := map[string]int{}
	for _, c := range []struct {
		pressure float64
		away     string
	}{{0, ""}, {.24, ""}, {.3, "simulator"}, {.55, "simulator reports"}, {.7, "simulator reports dashboard"}, {1, "simulator reports dashboard"}, {.1, ""}} {
		pressure = c.pressure
		for what, ask := range asks {
			want := http.StatusOK
			if strings.Contains(c.away, what) {
				want = http.StatusServiceUnavailable
				refused[what]++
			}
			if got := ask(); got != want {
				t.Errorf("at %v %s answers %d, want %d", c.pressure, what, got, want)
			}
		}
	}
	text := metricsOf(b.registry)
	for what, n := range refused {
		if want := fmt.Sprintf(`samplit_shed_total{what=%q} %d`, what, n); !strings.Contains(text, want+"\n") {
			t.Errorf("metrics lack %s", want)
		}
	}
}

func TestEveryRouteKnowsWhetherItMakesWay(t *testing.T) {
	t.Parallel()
	for route, want := range map[string]string{"/readyz": "", "/static/*": "", "/login": "", "/api/v1/auth/refresh": "", "/simulate/stream": shedSimulator,
		"/api/v1/simulate": shedSimulator, "/api/v1/analytics/experiments/:id": shedReports, "/experiments/:id/results": shedReports,
		"/experiments": shedDashboard, "/api/v1/experiments": shedDashboard} {
		if got := sheddable(route); got != want {
			t.Errorf("%s is %q, want %q", route, got, want)
		}
	}
}

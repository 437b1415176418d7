package handlers

import (
	"cmp"
	"context"
	"net/http"
	"strings"

	"github.com/samplit/samplit/services"
)

func (h *server) simulateAPI(a *api) {
	open(a, http.MethodPost, "/simulate", "Play a test through with a fixed split and with smart traffic", h.apiSimulate)
}

type simulateInput struct {
	Body struct {
		Rates    []float64 `json:"rates,omitempty" maxItems:"8" doc:"Conversion rates, 2 to 8 between 0 and 1, the original's first; or send csv"`
		CSV      string    `json:"csv,omitempty" doc:"A CSV file that rates are taken from: visitor_id,variant,converted[,value]; never stored"`
		Daily    int       `json:"daily" doc:"Visitors a day, 1 to 1,000,000"`
		Days     int       `json:"days" doc:"1 to 90"`
		Seed     int64     `json:"seed,omitempty" doc:"Of the random numbers: the same seed, the same answer"`
		Strategy string    `json:"strategy,omitempty" enum:"adaptive,fast_learning" doc:"Of smart traffic; adaptive when left out"`
	}
}

type simulateOutput struct{ Body services.Comparison }

func (h *server) apiSimulate(ctx context.Context, in *simulateInput) (*simulateOutput, error) {
	b := in.Body
	x := services.Simulation{Rates: b.Rates, Daily: b.Daily, Days: b.Days, Seed: b.Seed, Strategy: cmp.Or(b.Strategy, "adaptive")}
	if b.CSV != "" {
		if b.Rates != nil {
			return nil, &services.Error{Code: services.CodeInvalid, Message: "Some values need fixing.",
				Fields: services.Fields{"csv": {Reason: "unexpected", Message: "Send either rates or csv."}}}
		}
		var err error
		if x.Rates, err = h.Simulator.Rates(ctx, strings.NewReader(b.CSV)); err != nil {
			return nil, err
		}
	}
	found, err := h.Simulator.Compare(ctx, x, nil)
	return &simulateOutput{found}, err
}

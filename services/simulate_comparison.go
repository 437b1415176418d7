package services

import (
	"math"

	"github.com/samplit/samplit/engine/simulate"
)

// Comparison is how a test went with a fixed split and with smart traffic, on average over many runs with the same visitors.
type Comparison struct {
	Headline string        `json:"headline" doc:"In the language of Accept-Language"`
	Advice   []string      `json:"advice" doc:"What else speaks for or against smart traffic here"`
	Input    Simulation    `json:"input"`
	Runs     int           `json:"runs"`
	Fixed    SimulatedSide `json:"fixed"`
	Adaptive SimulatedSide `json:"adaptive"`
	Extra    Simulated     `json:"extra" doc:"Conversions that smart traffic brings beyond the fixed split"`
	Fewer    float64       `json:"fewer" doc:"Share of runs in which it brings fewer"`
}

// Simulated is an average over the runs and the range that holds the true one 95 times in 100.
type Simulated struct {
	Mean float64 `json:"mean"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// SimulatedSide is one way to run the test. The first four numbers are the shares of runs that ended so and sum to 1.
type SimulatedSide struct {
	Shipped     float64     `json:"shipped" doc:"A variant was found better"`
	Stopped     float64     `json:"stopped" doc:"Nothing was to be gained"`
	GaveUp      float64     `json:"gave_up" doc:"An answer would have taken too long"`
	Undecided   float64     `json:"undecided" doc:"No answer yet when the days were over"`
	Wrong       float64     `json:"wrong" doc:"Share of runs with a wrong call"`
	Best        float64     `json:"best" doc:"Share of runs that chose the best version"`
	Conversions Simulated   `json:"conversions"`
	Days        Simulated   `json:"days" doc:"Until the answer; all days where there was none"`
	MedianDays  *int        `json:"median_days" nullable:"true" doc:"Day by which half of the runs had an answer"`
	Lost        []float64   `json:"lost" doc:"Conversions lost by the end of each day against showing everybody the best version"`
	Share       [][]float64 `json:"share" doc:"Part of each day's visitors that saw each version, by day"`
}

func newComparison(in Simulation, r simulate.CompareResult) Comparison {
	return Comparison{Input: in, Runs: r.Runs, Fixed: newSide(r.Fixed), Adaptive: newSide(r.Adaptive), Extra: newSimulated(r.Extra), Fewer: r.Fewer}
}

func newSide(s simulate.Side) SimulatedSide {
	return SimulatedSide{Shipped: s.Shipped, Stopped: s.Stopped, GaveUp: s.GaveUp, Undecided: s.Undecided, Wrong: s.Wrong, Best: s.Best,
		Conversions: newSimulated(s.Conversions), Days: newSimulated(s.Days), MedianDays: s.MedianDays, Lost: s.Lost, Share: s.Share}
}

func newSimulated(m simulate.Mean) Simulated {
	const width = 1.96
	return Simulated{Mean: m.Mean, Low: m.Mean - width*m.SE, High: m.Mean + width*m.SE}
}

// Decided is the share of runs with an answer in time.
func (s SimulatedSide) Decided() float64 { return 1 - s.Undecided - s.GaveUp }

// Gain is the sign of what smart traffic brings: 0 while the runs do not tell.
func (c Comparison) Gain() int {
	switch {
	case c.Extra.Low > 0 && c.Extra.Mean >= 0.5:
		return 1
	case c.Extra.High < 0 && c.Extra.Mean <= -0.5:
		return -1
	}
	return 0
}

// alike says whether all versions convert equally well.
func (in Simulation) alike() bool {
	for _, r := range in.Rates {
		if math.Abs(r-in.Rates[0]) > 1e-12 {
			return false
		}
	}
	return true
}

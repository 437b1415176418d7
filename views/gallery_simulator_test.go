package views

import "math"

// simulatorWing is the simulator before it ran, with an answer, and with everything that can be wrong.
func simulatorWing() []exhibit {
	form := Simulator{Rates: []string{"4", "5", "4.4"}, MaxRates: 8, Daily: "1000", Days: "30", Seed: "7"}
	answered := form
	answered.Simulation = sampleSimulated()
	refused := form
	refused.Rates = []string{"4", "x"}
	refused.Errors = Errors{"": "error.seed", "rates[1]": "error.percent", "daily": "error.daily", "days": "error.days", "csv": "error.rates"}
	own, file, busy := form, form, form
	own.Own, file.FromFile, busy.Busy = "Free shipping banner", true, true
	return []exhibit{
		outsider(fixed("simulator", SimulatorPage, form)),
		outsider(fixed("simulator-answer", SimulatorPage, answered)),
		outsider(fixed("simulator-refused", SimulatorPage, refused)),
		outsider(fixed("simulator-busy", SimulatorPage, busy)),
		outsider(fixed("simulator-file", SimulatorPage, file)),
		fixed("simulator-own", SimulatorPage, own),
		fixed("simulator-inside", SimulatorPage, answered),
	}
}

func sampleSimulated() *Simulated {
	const days = 30
	median := 11
	s := &Simulated{
		Headline: "Smart traffic brings about 45 more conversions in 30 days.", State: "gain", Days: days, Runs: 200,
		Advice:   []string{"It answers less often: within 30 days in 46 of 100 tests, a fair split in 84.", "By chance alone it still brings fewer in 13 of 100 tests."},
		Fixed:    SimulatedSide{Conversions: 1410, Low: 1399, High: 1422, Answered: 0.84, Wrong: 0.004, Best: 0.83, MedianDays: &median},
		Adaptive: SimulatedSide{Conversions: 1455, Low: 1446, High: 1464, Answered: 0.46, Wrong: 0.02, Best: 0.45},
		Link:     "http://localhost:8080/simulate?daily=1000&days=30&rate=4&rate=5&rate=4.4&seed=7", Again: "/simulate?daily=1000&days=30&rate=4&rate=5&rate=4.4&seed=8",
	}
	for day := range days {
		x := float64(day+1) / days
		s.Fixed.Lost, s.Adaptive.Lost = append(s.Fixed.Lost, 120*x), append(s.Adaptive.Lost, 60*math.Sqrt(x))
		s.Fixed.Share = append(s.Fixed.Share, []float64{0.333, 0.333, 0.334})
		s.Adaptive.Share = append(s.Adaptive.Share, []float64{0.33 - 0.2*x, 0.33 + 0.4*x, 0.34 - 0.2*x})
	}
	return s
}

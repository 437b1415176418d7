package handlers

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

// simulationOf reads an address. What cannot be read as a number is named; whether the numbers make sense the service says.
func simulationOf(q url.Values) (in services.Simulation, wrong views.Errors) {
	wrong = views.Errors{}
	in.Strategy = q.Get("strategy")
	if in.Strategy == "" {
		in.Strategy = "adaptive"
	}
	for i, text := range q["rate"] {
		percent, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(text), ",", ".", 1), 64)
		if err != nil {
			wrong["rates["+strconv.Itoa(i)+"]"] = "error.percent"
		}
		in.Rates = append(in.Rates, percent/100)
	}
	var seed, daily, days int64
	for name, value := range map[string]*int64{"seed": &seed, "daily": &daily, "days": &days} {
		var err error
		if *value, err = strconv.ParseInt(strings.TrimSpace(q.Get(name)), 10, 64); err != nil {
			wrong[name] = "error." + name
		}
	}
	in.Seed, in.Daily, in.Days = seed, int(daily), int(days)
	return in, wrong
}

// simulationURL is the address of the page with a seed.
func simulationURL(q url.Values, seed int64) string {
	shown := url.Values{"rate": q["rate"], "daily": q["daily"], "days": q["days"], "seed": {strconv.FormatInt(seed, 10)}}
	if q.Has("strategy") {
		shown["strategy"] = q["strategy"]
	}
	return "/simulate?" + shown.Encode()
}

// percentText writes a rate in percent with four digits, as somebody would type it.
func percentText(rate float64) string {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(100*rate, 'g', 4, 64), 64) // written by FormatFloat
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

func simulatedOf(c services.Comparison) *views.Simulated {
	return &views.Simulated{Headline: c.Headline, Advice: c.Advice, State: [...]string{"loss", "level", "gain"}[c.Gain()+1], Days: c.Input.Days, Runs: c.Runs,
		Fixed: simulatedSide(c.Fixed), Adaptive: simulatedSide(c.Adaptive)}
}

func simulatedSide(s services.SimulatedSide) views.SimulatedSide {
	return views.SimulatedSide{Conversions: s.Conversions.Mean, Low: s.Conversions.Low, High: s.Conversions.High, Answered: s.Decided(), Wrong: s.Wrong,
		Best: s.Best, MedianDays: s.MedianDays, Lost: s.Lost, Share: s.Share}
}

package services

import "context"

// OwnTraffic is what an account's experiment saw, to start a simulation from.
type OwnTraffic struct {
	Name  string // of the experiment
	Rates []float64
	Daily int
}

// fewestOwn is how many visitors an experiment needs before its rates say anything.
const fewestOwn = 100

// Own returns what the busiest experiment among those changed last saw; false when none saw enough. Any member may.
func (s *Simulator) Own(ctx context.Context, by Actor) (best OwnTraffic, ok bool, err error) {
	list, err := s.experiments.List(ctx, by, ExperimentFilter{Sort: "-updated_at", Paging: Paging{PerPage: 20}})
	if err != nil {
		return best, false, err
	}
	summaries, err := s.analytics.Summaries(ctx, by, list.Items)
	if err != nil {
		return best, false, err
	}
	for _, x := range list.Items {
		if own, enough := ownTraffic(x, summaries[x.ID]); enough && own.Daily > best.Daily {
			best, ok = own, true
		}
	}
	return best, ok, nil
}

func ownTraffic(x Experiment, s Summary) (own OwnTraffic, enough bool) {
	visitors := 0
	for _, day := range s.Trend {
		visitors += day
	}
	own = OwnTraffic{Name: x.Name, Daily: visitors / max(len(s.Trend), 1)}
	for _, v := range s.Results.Variants {
		own.Rates = append(own.Rates, v.Rate)
	}
	n := len(own.Rates)
	return own, visitors >= fewestOwn && own.Daily >= 1 && n >= MinSimulatedRates && n <= MaxSimulatedRates
}

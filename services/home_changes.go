package services

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/samplit/samplit/db"
)

// worthLook is how often browsers have to fail since yesterday before a change can alarm at all, see ChangeRate.fell.
const worthLook = rateMinimum * rateDrop

// troubled is what tells how the changes of an experiment fare, where there is cause to look.
type troubled struct {
	ID      uuid.UUID                   `json:"id"`
	Found   foundOnPages                `json:"found"`
	Tallies []db.TalliesOfExperimentRow `json:"tallies"`
}

// homeSites asks for the sites of an account, and how the changes of their experiments fare where there is cause to look.
func homeSites(account uuid.UUID, now time.Time) db.HomeSitesParams {
	return db.HomeSitesParams{AccountID: account, Take: mostNames, Most: longestHome, Failures: worthLook,
		Yesterday: day(now).AddDate(0, 0, -1), Since: now.AddDate(0, 0, 1-rateDays)}
}

// readTroubled are the experiments of all sites whose changes may no longer be made.
func readTroubled(sites []db.HomeSitesRow) (map[uuid.UUID]troubled, error) {
	out := map[uuid.UUID]troubled{}
	for _, site := range sites {
		if site.Troubled == nil {
			continue
		}
		var list []troubled
		if err := json.Unmarshal(site.Troubled, &list); err != nil {
			return nil, fmt.Errorf("changes of site %s: %w", site.ID, err)
		}
		for _, x := range list {
			out[x.ID] = x
		}
	}
	return out, nil
}

// rates are how the changes of the experiment fare, as on its page.
func (t troubled) rates(x Experiment, now time.Time) []ChangeRate {
	return changeRates(x, t.Tallies, PageCheck{changes: t.Found.byChange()}, now)
}

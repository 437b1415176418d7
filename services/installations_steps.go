package services

import (
	"context"
	"fmt"

	"github.com/samplit/samplit/db"
)

// SiteSteps is how far a site is on its way to a first running experiment. Goals are set with an experiment.
type SiteSteps struct {
	Installed, Goal, Experiment, Previewed, Launched bool
}

// Done says whether nothing is left. Who has started an experiment needs no more help, previewed or not.
func (s SiteSteps) Done() bool { return s.Installed && s.Launched }

// Steps says how far a site is. Any member may.
func (s *Installations) Steps(ctx context.Context, by Actor, site Installation) (out SiteSteps, err error) {
	err = s.db.InTx(ctx, by.Account, func(st *db.Store) error {
		row, err := st.StepsOfSite(ctx, by.Account, site.ID)
		if err != nil {
			return fmt.Errorf("steps of site: %w", err)
		}
		made := row.Made > 0
		out = SiteSteps{Installed: site.LastSeen != nil, Goal: made, Experiment: made, Previewed: row.Previewed > 0 || row.Launched > 0, Launched: row.Launched > 0}
		return nil
	})
	return out, err
}

package db

import (
	"context"
	"log/slog"
	"time"
)

const (
	watchPoll  = time.Second
	restartMin = 250 * time.Millisecond
	restartMax = 30 * time.Second
)

// watch brings the server back whenever it ends, until life ends. This is also what saves a process that adopted a server
// whose starter then left.
func (p *Private) watch(life context.Context) {
	defer close(p.watched)
	for {
		if !p.awaitLoss(life) {
			return
		}
		p.log.Warn("private PostgreSQL ended; starting it again", slog.Int("pid", p.PID()))
		for pause := restartMin; ; pause = min(2*pause, restartMax) {
			err := p.ensure(life)
			if err == nil {
				break
			}
			if life.Err() != nil {
				return
			}
			p.log.Error("private PostgreSQL not started", slog.Any("error", err))
			if sleepCtx(life, pause) != nil {
				return
			}
		}
	}
}

// awaitLoss returns true when the server has ended, false when life has.
func (p *Private) awaitLoss(life context.Context) bool {
	tick := time.NewTicker(watchPoll)
	defer tick.Stop()
	srv := p.server // only this goroutine replaces it
	for {
		select {
		case <-life.Done():
			return false
		case <-srv.exited: // never, for a server of another process
			return true
		case <-tick.C:
			if srv.gone() {
				return true
			}
		}
	}
}

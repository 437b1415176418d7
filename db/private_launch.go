package db

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	// startQuiet bounds the wait for a server that gives no sign of life; starting one under load takes long.
	startQuiet  = 90 * time.Second
	connectPoll = 15 * time.Millisecond
)

// launch starts a server, after making the cluster if there is none.
func (p *Private) launch(ctx context.Context) (_ *privateServer, err error) {
	progs, err := p.programs.forCluster(p.place.dir)
	if err != nil {
		return nil, err
	}
	srv := &privateServer{dir: p.place.dir, life: lifeOwned}
	switch {
	case p.cfg.Linger:
		srv.life = lifeShared
	case hasDeathSignal:
		srv.life = lifeTied
	}
	if err := p.claim(srv.life); err != nil {
		return nil, err
	}
	if p.server != nil {
		srv.socket = p.server.socket // pools know this one
	} else if srv.socket, err = socketFolder(ctx, p.place, progs); err != nil {
		return nil, err
	}
	if err := makeSocketFolder(srv.socket, p.place.user); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			removeSocketFolder(srv.socket)
		}
	}()
	if !hasCluster(p.place.dir) {
		if err := initCluster(ctx, p.place, progs, p.log); err != nil {
			return nil, err
		}
	}
	return srv, p.run(ctx, srv, progs)
}

// run starts the process of srv and waits until it answers.
func (p *Private) run(ctx context.Context, srv *privateServer, progs serverPrograms) error {
	log, begin, err := openServerLog(p.place)
	if err != nil {
		return err
	}
	defer log.Close()
	staleLock := 0
	if pm, ok := readPostmaster(p.place.dir); ok && !isServer(pm.pid, p.place.dir) {
		staleLock = pm.pid
	}
	cmd := serverCommand(p.place, progs, *srv, p.cfg.Settings, staleLock)
	cmd.Stdout, cmd.Stderr = log, log
	if srv.exited, err = spawn(cmd); err != nil {
		return fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	srv.pid = cmd.Process.Pid
	err = p.awaitStart(ctx, srv)
	if err == nil {
		return nil
	}
	if !srv.gone() {
		return errors.Join(fmt.Errorf("start %s: %w", cmd.Path, err), srv.stop(ctx))
	}
	reason := fatalLine(log, begin, srv.pid)
	if strings.HasPrefix(reason, "lock file") || strings.HasPrefix(reason, "pre-existing shared memory block") {
		return fmt.Errorf("%w: %s", errBusy, reason)
	}
	return fmt.Errorf("start %s: %s (log: %s)", cmd.Path, reason, p.place.logPath())
}

// awaitStart connects until srv, and not a predecessor on the same socket, answers. A server that says it is starting up is
// recovering from a crash and gets the time it needs.
func (p *Private) awaitStart(ctx context.Context, srv *privateServer) error {
	quiet := time.Now().Add(startQuiet)
	for {
		_, err := askServer(ctx, srv.socket)
		if pm, ok := readPostmaster(p.place.dir); err == nil && ok && pm.pid == srv.pid {
			return nil
		}
		if isChanging(err) {
			quiet = time.Now().Add(startQuiet)
		}
		if srv.gone() {
			return errors.New("server ended")
		}
		if time.Now().After(quiet) {
			return fmt.Errorf("no answer within %v: %w", startQuiet, err)
		}
		if err := sleepCtx(ctx, connectPoll); err != nil {
			return err
		}
	}
}

package db

import (
	"context"
	"fmt"
)

// adopt returns the server that answers for the data folder, nil if none does, and whether its end is now ours: its
// starter was killed. It refuses a server that is about to die with its starter, unless desperate.
func (p *Private) adopt(ctx context.Context, desperate bool) (*privateServer, bool, error) {
	pm, ok := readPostmaster(p.place.dir)
	if !ok || pm.port != privatePort || !isServer(pm.pid, p.place.dir) || checkSocketFolder(pm.socket, p.place.user.uid) != nil {
		return nil, false, nil
	}
	srv := &privateServer{pid: pm.pid, dir: p.place.dir, socket: pm.socket}
	life, err := askServer(ctx, srv.socket)
	if isChanging(err) {
		return nil, false, errChanging
	}
	if err != nil {
		return nil, false, nil // launch will hear why
	}
	switch srv.life = life; life {
	case "": // somebody started it by hand
		return srv, false, nil
	case lifeShared:
		return srv, false, p.claim(life)
	}
	orphan, err := p.users.try(lockExclusive)
	if err != nil || !orphan {
		return srv, false, err
	}
	if srv.life == lifeTied && !desperate {
		return nil, false, fmt.Errorf("%w: server %d is about to follow its starter", errBusy, srv.pid)
	}
	return srv, true, nil
}

// claim takes the lock that goes with a server's life. Users of a shared server hold it shared, so whoever gets it
// exclusively is the last; the starter of any other server holds it exclusively, so whoever gets it knows that the starter
// is dead.
func (p *Private) claim(life string) error {
	how := lockExclusive
	if life == lifeShared {
		how = lockShared
	}
	ok, err := p.users.try(how)
	if err == nil && !ok {
		err = fmt.Errorf("%w: another process holds %s and has no server yet", errBusy, p.place.usersPath())
	}
	return err
}

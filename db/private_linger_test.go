package db

import (
	"path/filepath"
	"testing"
)

// TestPrivateLinger starts several processes at once on a folder without a cluster, as go test does with packages.
func TestPrivateLinger(t *testing.T) {
	t.Parallel()
	b := newPrivateBundle(t, filepath.Join(openFolder(t), "postgres"), nil)
	b.cfg.Linger = true
	b.cfg.Settings = map[string]string{"fsync": "off"}
	for range 4 {
		b.begin(t)
	}
	var starter *privateApp
	var others []*privateApp
	for _, a := range b.apps {
		if a.await(t); a.Err != "" {
			t.Fatal(a.Err)
		}
		if !a.Owned {
			others = append(others, a)
			continue
		}
		starter = a
	}
	if starter == nil || len(others) != 3 {
		t.Fatalf("owners: got %d, want 1", 4-len(others))
	}
	for _, a := range others {
		if a.PID != starter.PID || a.URL != starter.URL {
			t.Errorf("got %+v, want the server of %+v", a.privateAppReply, starter.privateAppReply)
		}
	}
	session := connect(t, starter.URL) // one session throughout: the server is never replaced
	if got := queryText(t, session, "SHOW fsync"); got != "off" {
		t.Errorf("fsync: got %s, want the setting off", got)
	}

	starter.stop(t)
	queryText(t, session, `SELECT 'starter left'`)
	others[0].kill()
	queryText(t, session, `SELECT 'one was killed'`)

	b.cfg.Linger = false
	guest := b.start(t) // becomes a user like the others
	others[1].stop(t)
	others[2].stop(t)
	queryText(t, session, `SELECT 'guest remains'`)

	guest.stop(t)
	if isServer(starter.PID, b.cfg.Dir) {
		t.Error("server runs after its last user left")
	}
}

// TestPrivateLingerKilled leaves a server without users, which the next user finds and, being the last, stops.
func TestPrivateLingerKilled(t *testing.T) {
	t.Parallel()
	b := newPrivateBundle(t, filepath.Join(openFolder(t), "postgres"), nil)
	b.cfg.Linger = true
	first := b.start(t)
	first.kill()
	next := b.start(t)
	if next.PID != first.PID || next.Owned {
		t.Errorf("got %+v, want an adopter of server %d", next.privateAppReply, first.PID)
	}
	next.stop(t)
	if isServer(first.PID, b.cfg.Dir) {
		t.Error("server runs after its last user left")
	}
}

package db

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// fallbackRoot holds the clusters of root whose wanted folder the server's user cannot reach.
const fallbackRoot = "/var/lib/samplit"

// privatePlace is where the cluster lies and as whom it runs.
type privatePlace struct {
	dir  string // resolved: the same folder has one name, whatever links led to it
	user serverUser
}

func (p privatePlace) logPath() string   { return p.dir + ".log" }
func (p privatePlace) lockPath() string  { return p.dir + ".lock" }
func (p privatePlace) usersPath() string { return p.dir + ".users" }

// key tells places apart in the names of folders elsewhere.
func (p privatePlace) key() string { return shortHash(p.dir + "\x00" + strconv.Itoa(p.user.uid)) }

func shortHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:6])
}

// findPlace resolves the wanted data folder, creates its parent, and for root decides on the user and the fallback.
func findPlace(ctx context.Context, dir string, progs serverPrograms, log *slog.Logger) (privatePlace, error) {
	dir, err := resolveDir(dir)
	if err != nil {
		return privatePlace{}, fmt.Errorf("data folder: %w", err)
	}
	if os.Geteuid() != 0 {
		return privatePlace{dir, currentUser()}, checkOwnCluster(dir)
	}
	user, err := userForRoot(dir)
	if err != nil {
		return privatePlace{}, err
	}
	runs, err := user.reaches(ctx, progs, "/")
	if err == nil && !runs {
		err = fmt.Errorf("user %s may not run %s: install PostgreSQL where everybody can run it", user.name, progs.postgres())
	}
	if err != nil {
		return privatePlace{}, err
	}
	place, err := placeForRoot(ctx, dir, user, progs, log)
	if err != nil {
		return privatePlace{}, err
	}
	return place, user.ownCluster(place.dir)
}

// placeForRoot keeps dir when user can reach it and falls back otherwise; a cluster that exists in either place stays in use.
func placeForRoot(ctx context.Context, dir string, user serverUser, progs serverPrograms, log *slog.Logger) (privatePlace, error) {
	wanted := privatePlace{dir, user}
	fallback := privatePlace{filepath.Join(fallbackRoot, shortHash(dir), "postgres"), user}
	reachable, err := user.reaches(ctx, progs, filepath.Dir(dir))
	here, there := hasCluster(dir), hasCluster(fallback.dir)
	switch {
	case err != nil:
		return wanted, err
	case reachable && (here || !there):
		return wanted, nil
	case !reachable && here:
		return wanted, fmt.Errorf("data folder %s holds a cluster that user %s cannot reach: "+
			"let others pass through its parent folders (chmod o+x)", dir, user.name)
	}
	if err := makeFallback(ctx, fallback, progs); err != nil {
		return wanted, fmt.Errorf("user %s cannot reach data folder %s: %w", user.name, dir, err)
	}
	log.Warn("private PostgreSQL keeps its data elsewhere, since its user could not reach the wanted folder",
		slog.String("wanted", dir), slog.String("dir", fallback.dir), slog.String("user", user.name))
	return fallback, nil
}

// makeFallback creates the folders above the fallback's data folder, open to pass through whatever the umask says.
func makeFallback(ctx context.Context, fallback privatePlace, progs serverPrograms) error {
	parent := filepath.Dir(fallback.dir)
	if err := os.MkdirAll(parent, 0o711); err != nil {
		return err
	}
	for _, d := range []string{fallbackRoot, parent} {
		if err := os.Chmod(d, 0o711); err != nil {
			return err
		}
	}
	reachable, err := fallback.user.reaches(ctx, progs, parent)
	if err == nil && !reachable {
		err = fmt.Errorf("nor can it reach %s: choose a data folder that it can enter", parent)
	}
	return err
}

// resolveDir makes dir absolute and free of links, and creates its parent, which others may pass but not list.
func resolveDir(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o711); err != nil {
		return "", err
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		return real, nil
	}
	parent, err := filepath.EvalSymlinks(filepath.Dir(dir))
	return filepath.Join(parent, filepath.Base(dir)), err
}

func hasCluster(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "PG_VERSION"))
	return err == nil
}

// checkOwnCluster refuses, for an ordinary user, a data folder of somebody else: PostgreSQL would, in less helpful words.
func checkOwnCluster(dir string) error {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	if uid := ownerOf(info); uid != os.Geteuid() {
		return fmt.Errorf("data folder %s belongs to user id %d: run as that user, or as root chown -R it to %d", dir, uid, os.Geteuid())
	}
	return nil
}

// ownerOf is the user id that owns a file.
func ownerOf(info fs.FileInfo) int { return int(info.Sys().(*syscall.Stat_t).Uid) }

package db

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// oldestMajor is the oldest PostgreSQL that Samplit works with.
const oldestMajor = 15

// programsEnv names a folder with initdb and postgres; when it is set nothing else is searched.
const programsEnv = "SAMPLIT_PG_BIN"

// programPatterns are the folders where packagers put server programs outside PATH.
var programPatterns = []string{
	"/usr/lib/postgresql/*/bin",                          // Debian, Ubuntu
	"/usr/pgsql-*/bin",                                   // the PostgreSQL project's RPMs
	"/usr/libexec/postgresql*",                           // Alpine
	"/opt/homebrew/opt/postgresql@*/bin",                 // Homebrew on Apple silicon
	"/usr/local/opt/postgresql@*/bin",                    // Homebrew on Intel
	"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",    // Homebrew on Linux
	"/Applications/Postgres.app/Contents/Versions/*/bin", // Postgres.app
	"/Library/PostgreSQL/*/bin",                          // EDB installer
}

const installHint = "install PostgreSQL (Debian, Ubuntu: apt-get install postgresql; macOS: brew install postgresql@17), " +
	"or set " + programsEnv + " to the folder of its programs, or DATABASE_URL to a server"

// serverPrograms is a folder that holds initdb and postgres of one major version.
type serverPrograms struct {
	dir   string
	major int
}

func (s serverPrograms) initdb() string   { return filepath.Join(s.dir, "initdb") }
func (s serverPrograms) postgres() string { return filepath.Join(s.dir, "postgres") }

// foundPrograms lists installations, the highest major version first; it is never empty.
type foundPrograms []serverPrograms

// findPrograms searches the override alone, or PATH and the packagers' folders, given as patterns.
func findPrograms(ctx context.Context, patterns []string) (foundPrograms, error) {
	if dir := os.Getenv(programsEnv); dir != "" {
		return searchPrograms(ctx, []string{dir}, programsEnv+"="+dir)
	}
	var dirs []string
	if onPath, err := exec.LookPath("postgres"); err == nil {
		// PATH often holds a link into the folder where initdb lies too.
		if real, err := filepath.EvalSymlinks(onPath); err == nil {
			dirs = append(dirs, filepath.Dir(real))
		}
	}
	for _, pattern := range patterns {
		matches, _ := filepath.Glob(pattern) // the patterns are constant and well formed
		dirs = append(dirs, matches...)
	}
	return searchPrograms(ctx, dirs, "PATH, "+strings.Join(patterns, ", "))
}

// searchPrograms keeps the folders that hold a usable version. looked says where they come from, for the error.
func searchPrograms(ctx context.Context, dirs []string, looked string) (foundPrograms, error) {
	var found foundPrograms
	var unfit []string
	for _, dir := range dirs {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			dir = real
		}
		if slices.ContainsFunc(found, func(s serverPrograms) bool { return s.dir == dir }) {
			continue
		}
		progs, err := inspectPrograms(ctx, dir)
		if err != nil {
			unfit = append(unfit, err.Error())
			continue
		}
		found = append(found, progs)
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("find programs: %w", context.Cause(ctx))
	}
	if len(found) == 0 {
		problem := fmt.Sprintf("no initdb and postgres of version %d or later; looked in %s", oldestMajor, looked)
		if len(unfit) > 0 {
			problem += " (" + strings.Join(unfit, "; ") + ")"
		}
		return nil, fmt.Errorf("find programs: %s: %s", problem, installHint)
	}
	slices.SortStableFunc(found, func(a, b serverPrograms) int { return cmp.Compare(b.major, a.major) })
	return found, nil
}

var versionPattern = regexp.MustCompile(`^postgres \(PostgreSQL\) (\d+)`)

// inspectPrograms asks the programs in dir for their version.
func inspectPrograms(ctx context.Context, dir string) (serverPrograms, error) {
	progs := serverPrograms{dir: dir}
	for _, p := range []string{progs.initdb(), progs.postgres()} {
		if _, err := exec.LookPath(p); err != nil {
			return progs, fmt.Errorf("%s is not there or not executable", p)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, inspectTimeout)
	defer cancel()
	out, err := exec.CommandContext(ctx, progs.postgres(), "--version").Output()
	if err != nil {
		return progs, fmt.Errorf("%s --version: %w", progs.postgres(), err)
	}
	m := versionPattern.FindSubmatch(out)
	if m == nil {
		return progs, fmt.Errorf("%s --version says %.80q", progs.postgres(), out)
	}
	progs.major, _ = strconv.Atoi(string(m[1])) // digits by the pattern
	if progs.major < oldestMajor {
		return progs, fmt.Errorf("%s has version %d", dir, progs.major)
	}
	return progs, nil
}

const inspectTimeout = 30 * time.Second

func (f foundPrograms) newest() serverPrograms { return f[0] }

// forCluster picks the programs for the cluster in dir: its own major version, or the newest when there is none yet. A
// cluster does not start under another major version.
func (f foundPrograms) forCluster(dir string) (serverPrograms, error) {
	major, err := clusterMajor(dir)
	if errors.Is(err, errNoCluster) {
		return f.newest(), nil
	}
	if err != nil {
		return serverPrograms{}, err
	}
	have := make([]string, len(f))
	for i, progs := range f {
		if progs.major == major {
			return progs, nil
		}
		have[i] = fmt.Sprintf("%d in %s", progs.major, progs.dir)
	}
	if major < oldestMajor {
		return serverPrograms{}, fmt.Errorf("data folder %s was made by PostgreSQL %d, and Samplit needs %d or later: "+
			"move the folder away to start afresh, or dump it with version %d and restore", dir, major, oldestMajor, major)
	}
	return serverPrograms{}, fmt.Errorf("data folder %s was made by PostgreSQL %d, which is not installed (found %s): "+
		"install version %d, or set %s to the folder of its programs", dir, major, strings.Join(have, ", "), major, programsEnv)
}

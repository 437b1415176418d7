package db

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakePrograms makes root/name with an initdb and a postgres that says version.
func fakePrograms(t *testing.T, root, name, version string) string {
	t.Helper()
	dir := filepath.Join(root, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf("#!/bin/sh\necho '%s'\n", version)
	for _, program := range []string{"initdb", "postgres"} {
		if err := os.WriteFile(filepath.Join(dir, program), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFindPrograms(t *testing.T) {
	root := t.TempDir()
	fakePrograms(t, root, "15/bin", "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)")
	newest := fakePrograms(t, root, "17/bin", "postgres (PostgreSQL) 17beta1")
	fakePrograms(t, root, "14/bin", "postgres (PostgreSQL) 14.9")
	fakePrograms(t, root, "16/bin", "something else")
	onPath := fakePrograms(t, root, "cellar", "postgres (PostgreSQL) 16.2")
	links := filepath.Join(root, "links") // holds no initdb, only a link, as package managers do
	if err := os.Mkdir(links, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(onPath, "postgres"), filepath.Join(links, "postgres")); err != nil {
		t.Fatal(err)
	}
	t.Setenv(programsEnv, "")
	t.Setenv("PATH", links+":/usr/bin:/bin")

	found, err := findPrograms(t.Context(), []string{root + "/*/bin"})
	if err != nil {
		t.Fatal(err)
	}
	var majors []int
	for _, progs := range found {
		majors = append(majors, progs.major)
	}
	if fmt.Sprint(majors) != "[17 16 15]" || found[1].dir != onPath {
		t.Errorf("got %v, want 17, 16 from %s, 15", found, onPath)
	}
	t.Run("new cluster", func(t *testing.T) {
		progs, err := found.forCluster(filepath.Join(root, "none"))
		if err != nil || progs.dir != newest {
			t.Errorf("got %v, %v, want %s", progs, err, newest)
		}
	})
	t.Run("existing cluster decides", func(t *testing.T) {
		cluster := t.TempDir()
		if err := os.WriteFile(filepath.Join(cluster, "PG_VERSION"), []byte("15\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		progs, err := found.forCluster(cluster)
		if err != nil || progs.major != 15 {
			t.Errorf("got %v, %v, want major 15", progs, err)
		}
	})
	t.Run("override alone counts", func(t *testing.T) {
		t.Setenv(programsEnv, filepath.Join(root, "15/bin"))
		found, err := findPrograms(t.Context(), []string{root + "/*/bin"})
		if err != nil || len(found) != 1 || found.newest().major != 15 {
			t.Errorf("got %v, %v, want version 15 alone", found, err)
		}
	})
}

func TestPrivateWithoutPrograms(t *testing.T) {
	t.Run("nowhere", func(t *testing.T) {
		root := t.TempDir()
		fakePrograms(t, root, "13/bin", "postgres (PostgreSQL) 13.1")
		t.Setenv(programsEnv, "")
		t.Setenv("PATH", root)
		_, err := findPrograms(t.Context(), []string{root + "/*/bin"})
		if err == nil {
			t.Fatal("got programs, want an error")
		}
		for _, want := range []string{"looked in PATH, " + root, "13/bin has version 13", "apt-get install postgresql", "brew install", "DATABASE_URL"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("got %q, want it to hold %q", err, want)
			}
		}
	})
	t.Run("override", func(t *testing.T) {
		empty := t.TempDir()
		t.Setenv(programsEnv, empty)
		checkRefused(t, filepath.Join(openFolder(t), "postgres"), "looked in SAMPLIT_PG_BIN="+empty)
	})
}

func TestClusterMajorOfNoCluster(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, path := range []string{dir, filepath.Join(dir, "missing")} {
		if _, err := clusterMajor(path); !errors.Is(err, errNoCluster) {
			t.Errorf("%s: got %v, want errNoCluster", path, err)
		}
	}
}

package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// privatePort only names the socket file; nothing listens on TCP.
const privatePort = "5432"

// maxSocketFolder leaves room for "/.s.PGSQL.5432" in the 103 bytes that macOS allows a socket's path (Linux: 107).
const maxSocketFolder = 103 - len("/.s.PGSQL."+privatePort)

// socketFolder is the folder of the server's socket: short, since the path of a socket may not be long, and therefore
// never inside the data folder.
func socketFolder(ctx context.Context, place privatePlace, progs serverPrograms) (string, error) {
	name := "samplit-" + place.key()
	temp, err := filepath.Abs(os.TempDir())
	if err == nil && len(temp)+1+len(name) <= maxSocketFolder {
		if reachable, err := place.user.reaches(ctx, progs, temp); reachable || err != nil {
			return filepath.Join(temp, name), err
		}
	}
	return filepath.Join("/tmp", name), nil
}

// makeSocketFolder creates the folder, or takes an existing one that is safe.
func makeSocketFolder(path string, user serverUser) error {
	err := os.Mkdir(path, 0o700)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("socket folder: %w", err)
	}
	if info, statErr := os.Lstat(path); statErr == nil && info.IsDir() && ownerOf(info) == os.Geteuid() {
		// New, or left by a run that was killed before this line.
		if err := user.own(path); err != nil {
			return fmt.Errorf("socket folder: %w", err)
		}
	}
	return checkSocketFolder(path, user.uid)
}

// checkSocketFolder refuses a folder through which somebody else could pose as the server or reach it: whoever can connect
// is superuser, and the folder lies where everybody may create files.
func checkSocketFolder(path string, uid int) error {
	info, err := os.Lstat(path)
	if err != nil {
		return fmt.Errorf("socket folder: %w", err)
	}
	problem := ""
	switch {
	case !info.IsDir():
		problem = "is not a folder but a " + describeMode(info.Mode())
	case ownerOf(info) != uid:
		problem = fmt.Sprintf("belongs to user id %d instead of %d", ownerOf(info), uid)
	case info.Mode().Perm() != 0o700:
		problem = fmt.Sprintf("has mode %04o instead of 0700", info.Mode().Perm())
	default:
		return nil
	}
	return fmt.Errorf("socket folder %s %s: somebody may be interfering; remove it and start again", path, problem)
}

func describeMode(mode fs.FileMode) string {
	if mode&fs.ModeSymlink != 0 {
		return "symbolic link"
	}
	return "file"
}

// removeSocketFolder removes the folder of a server that has ended; one that still holds something stays.
func removeSocketFolder(path string) { _ = os.Remove(path) }

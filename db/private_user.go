package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// serverUser is the account that initdb and postgres run under.
type serverUser struct {
	name     string
	uid, gid int
	drop     bool // this process is root, and PostgreSQL refuses to run as root
}

func currentUser() serverUser {
	uid := os.Geteuid()
	return serverUser{name: strconv.Itoa(uid), uid: uid, gid: os.Getegid()}
}

// userForRoot picks the owner of an existing cluster, so that root and that owner can take turns; otherwise postgres or nobody.
func userForRoot(dir string) (serverUser, error) {
	if info, err := os.Stat(dir); err == nil && hasCluster(dir) && ownerOf(info) != 0 {
		st := info.Sys().(*syscall.Stat_t)
		return serverUser{name: strconv.Itoa(int(st.Uid)), uid: int(st.Uid), gid: int(st.Gid), drop: true}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.Atoi(u.Uid)
		gid, gidErr := strconv.Atoi(u.Gid)
		if err := errors.Join(uidErr, gidErr); err != nil {
			return serverUser{}, fmt.Errorf("look up user %s: %w", name, err)
		}
		return serverUser{name: name, uid: uid, gid: gid, drop: true}, nil
	}
	return serverUser{}, errors.New("PostgreSQL does not run as root, and there is neither a user postgres nor nobody to run it: create one")
}

// attr are the attributes of a child that runs under this account.
func (u serverUser) attr() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{}
	if u.drop {
		attr.Credential = &syscall.Credential{Uid: uint32(u.uid), Gid: uint32(u.gid)}
	}
	return attr
}

// own hands a file that this process made to the account.
func (u serverUser) own(path string) error {
	if !u.drop {
		return nil
	}
	return os.Lchown(path, u.uid, u.gid)
}

// ownCluster hands a cluster that root owns, after a restore for instance, to the account.
func (u serverUser) ownCluster(dir string) error {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) || (err == nil && (ownerOf(info) == u.uid || !hasCluster(dir))) {
		return nil
	}
	err = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return u.own(path)
	})
	if err != nil {
		return fmt.Errorf("hand data folder to user %s: %w", u.name, err)
	}
	return nil
}

// reaches tries whether the account can enter dir and run the server programs; asking the kernel beats reading mode bits.
// An error means that the question could not be put.
func (u serverUser) reaches(ctx context.Context, progs serverPrograms, dir string) (bool, error) {
	if !u.drop {
		return true, nil
	}
	runCtx, cancel := context.WithTimeout(ctx, inspectTimeout)
	defer cancel()
	cmd := exec.CommandContext(runCtx, progs.postgres(), "--version")
	cmd.Dir = dir
	cmd.Env = childEnv()
	cmd.SysProcAttr = u.attr()
	err := cmd.Run()
	if errors.Is(err, fs.ErrPermission) {
		return false, nil
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return false, fmt.Errorf("run %s as user %s: %w", cmd.Path, u.name, err)
	}
	return true, nil
}

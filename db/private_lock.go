package db

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

const (
	lockShared    = syscall.LOCK_SH
	lockExclusive = syscall.LOCK_EX
	lockNone      = syscall.LOCK_UN
)

// fileLock is an advisory lock between processes. The kernel drops it when the process dies, however it dies.
type fileLock struct{ f *os.File }

// openLock opens the lock file at path without locking it. It creates the file for the account that owns the cluster, so
// that this account can still use the folder after root did.
func openLock(path string, owner serverUser) (*fileLock, error) {
	f, err := openBeside(path, os.O_RDWR, owner)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	return &fileLock{f}, nil
}

// holdLock waits until it holds path exclusively, or ctx ends.
func holdLock(ctx context.Context, path string, owner serverUser) (*fileLock, error) {
	l, err := openLock(path, owner)
	if err != nil {
		return nil, err
	}
	for {
		ok, err := l.try(lockExclusive)
		if ok {
			return l, nil
		}
		if err == nil {
			err = sleepCtx(ctx, lockPoll)
		}
		if err != nil {
			l.Close()
			return nil, fmt.Errorf("wait for %s: %w", path, err)
		}
	}
}

const lockPoll = 20 * time.Millisecond

// try changes the lock to how without waiting and reports whether it got it. A failed change loses the lock that was held,
// which is harmless under the start lock: nobody else takes this one meanwhile.
func (l *fileLock) try(how int) (bool, error) {
	err := syscall.Flock(int(l.f.Fd()), how|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("lock %s: %w", l.f.Name(), err)
	}
	return true, nil
}

// Close gives the lock back.
func (l *fileLock) Close() error { return l.f.Close() }

// openBeside opens, or creates with mode 0600, a file beside the data folder. As root it does not follow a link that the
// cluster's owner may have put there.
func openBeside(path string, flags int, owner serverUser) (*os.File, error) {
	if owner.drop {
		flags |= syscall.O_NOFOLLOW
	}
	f, err := os.OpenFile(path, flags|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if owner.drop {
		if err := f.Chown(owner.uid, owner.gid); err != nil {
			f.Close()
			return nil, err
		}
	}
	return f, nil
}

// sleepCtx waits for d, or returns why ctx ended.
func sleepCtx(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}

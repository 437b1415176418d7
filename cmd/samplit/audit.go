package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/samplit/samplit/audit"
	"github.com/samplit/samplit/services"
)

type auditCommand struct {
	Verify auditVerify `cmd:"" help:"Check an exported bundle offline, without database and network. Exit codes: 0 in order, 1 unreadable, 2 usage, 3 hash, 4 gap or order, 5 signature or key, 6 rollback, 7 fork, 8 payload, 9 malformed."`

	RotateKey auditRotateKey `cmd:"" help:"Sign checkpoints with a new key. Every record names it under the old one, so whoever trusts the old key may trust the new one."`
}

type auditRotateKey struct{}

func (auditRotateKey) Run(ctx context.Context, c *config, s *streams) error {
	log := quietLog(c, s.err)
	d, err := openDatabase(ctx, c, log)
	if err != nil {
		return err
	}
	defer d.close(log)
	done, err := services.RotateAuditKey(ctx, d.DB, c.auditKeyPath(), time.Now, log)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "A new key signs from now on; records that name it: %d.\n%s\n", done.Accounts, done.Key)
	if done.Refused > 0 {
		fmt.Fprintf(s.err, "samplit: audit rotate-key: %d records are not what was signed before and name no new key; their audit pages say why\n", done.Refused)
		return exitCode(exitFailure)
	}
	return nil
}

type auditVerify struct {
	File  string `arg:"" help:"The bundle; - is standard input."`
	Key   string `required:"" help:"The public key you trust, or a file with it."`
	Since string `help:"A file with a checkpoint that you kept: the record must go on from it."`
}

func (a auditVerify) Run(s *streams) error {
	key, since, err := a.trust()
	if err != nil {
		fmt.Fprintln(s.err, "samplit: audit verify:", oneLine(err))
		return exitCode(exitUsage)
	}
	bundle, err := a.open(s.in)
	if err != nil {
		fmt.Fprintln(s.err, "samplit: audit verify:", oneLine(err))
		return exitCode(audit.Unreadable)
	}
	defer bundle.Close()
	report, err := audit.Verify(bundle, key, since)
	var fault *audit.Fault
	if errors.As(err, &fault) {
		fmt.Fprintf(s.out, "NOT IN ORDER (%s)\n", fault.Code)
		if fault.Seq >= 0 {
			fmt.Fprintf(s.out, "first bad sequence number: %d\n", fault.Seq)
		}
		fmt.Fprintln(s.err, "samplit: audit verify:", oneLine(fault))
		return exitCode(fault.Code)
	}
	printReport(s.out, report, since)
	return nil
}

// trust reads what the reader brings: the key and the checkpoint kept from before.
func (a auditVerify) trust() (key audit.Key, since string, err error) {
	text := a.Key
	if !strings.Contains(text, "+") {
		if text, err = readSmall(a.Key); err != nil {
			return "", "", fmt.Errorf("--key: %w", err)
		}
	}
	if key, err = audit.ParseKey(text); err != nil {
		return "", "", fmt.Errorf("--key: %w", err)
	}
	if a.Since != "" {
		if since, err = readSmall(a.Since); err != nil {
			return "", "", fmt.Errorf("--since: %w", err)
		}
		if _, err := audit.ParseCheckpoint(since); err != nil {
			return "", "", fmt.Errorf("--since: %w", err)
		}
	}
	return key, since, nil
}

// readSmall reads a file that holds a key or a checkpoint.
func readSmall(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, audit.MaxCheckpoint+1))
	return string(text), err
}

func (a auditVerify) open(stdin io.Reader) (io.ReadCloser, error) {
	if a.File == "-" {
		return io.NopCloser(stdin), nil
	}
	return os.Open(a.File)
}

func printReport(w io.Writer, r audit.Report, since string) {
	fmt.Fprintf(w, "IN ORDER\naccount      %s\nentries      %d verified, %d of them erased\ncheckpoints  %d\nroot         %s\nnewest       %s\n",
		r.Account, r.Entries, r.Erased, r.Checkpoints, r.Root, r.Last.Format("2006-01-02 15:04:05 UTC"))
	if since != "" {
		fmt.Fprintln(w, "The record goes on from the checkpoint that you kept.")
	}
}

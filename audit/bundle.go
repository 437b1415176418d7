package audit

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/tlog"
)

// BundleFormat is the first word of a bundle.
const BundleFormat = "samplit-audit/v1"

// Bounds of what is read of a bundle.
const (
	maxLine        = 160 << 10 // a payload in escapes, and the rest
	maxCheckpoints = 2_000
)

// A bundle is lines of JSON: a header, checkpoints by size, then every entry up to the last of them.
type (
	header struct {
		Bundle  string    `json:"bundle"`
		Account uuid.UUID `json:"account"`
		Keys    []string  `json:"keys"` // public; who checks brings a key of their own
	}
	checkpointLine struct {
		Checkpoint string `json:"checkpoint"`
	}
	entryLine struct {
		Seq         int64          `json:"seq"`
		Micros      int64          `json:"micros"`
		Actor       string         `json:"actor"`
		Action      string         `json:"action"`
		Object      string         `json:"object"`
		Salt        *hexBytes      `json:"salt,omitempty"`
		Payload     jsontext.Value `json:"payload,omitempty"`
		PayloadHash hexHash        `json:"payload_hash"`
		Prev        hexHash        `json:"prev"`
		Hash        hexHash        `json:"hash"`
	}
)

type hexHash Hash

// MarshalText writes lower-case digits.
func (h hexHash) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h[:]), nil }

// UnmarshalText reads them.
func (h *hexHash) UnmarshalText(text []byte) error {
	if len(text) != 2*tlog.HashSize {
		return errors.New("a hash has 64 digits")
	}
	_, err := hex.Decode(h[:], text)
	return err
}

type hexBytes []byte

// MarshalText writes lower-case digits.
func (b hexBytes) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, b), nil }

// UnmarshalText reads them.
func (b *hexBytes) UnmarshalText(text []byte) (err error) {
	*b, err = hex.AppendDecode(nil, text)
	return err
}

// BundleWriter writes a bundle. The first error stays.
type BundleWriter struct {
	to  *bufio.Writer
	err error
}

// NewBundleWriter writes the header and the checkpoints, which are signed and ascend; the last one covers the bundle.
func NewBundleWriter(w io.Writer, account uuid.UUID, keys, checkpoints []string) *BundleWriter {
	b := &BundleWriter{to: bufio.NewWriterSize(w, 64<<10)}
	b.line(header{BundleFormat, account, keys})
	for _, c := range checkpoints {
		b.line(checkpointLine{c})
	}
	return b
}

// Add writes the next entry.
func (b *BundleWriter) Add(r *Record) error {
	line := entryLine{Seq: r.Seq, Micros: r.Micros, Actor: r.Actor, Action: r.Action, Object: r.Object, Payload: r.Payload,
		PayloadHash: hexHash(r.PayloadHash), Prev: hexHash(r.Prev), Hash: hexHash(r.Hash)}
	if r.Salt != nil {
		line.Salt = (*hexBytes)(&r.Salt)
	}
	b.line(line)
	return b.err
}

// Close ends the bundle and returns the first error.
func (b *BundleWriter) Close() error { return errors.Join(b.err, b.to.Flush()) }

func (b *BundleWriter) line(v any) {
	if b.err != nil {
		return
	}
	if b.err = json.MarshalWrite(b.to, v); b.err == nil {
		b.err = b.to.WriteByte('\n')
	}
}

// reader reads a bundle line by line.
type reader struct {
	lines *bufio.Scanner
	n     int
}

func newReader(r io.Reader) *reader {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 64<<10), maxLine)
	return &reader{lines: s}
}

// next returns the next line, nil at the end.
func (r *reader) next() ([]byte, *Fault) {
	if r.lines.Scan() {
		r.n++
		return r.lines.Bytes(), nil
	}
	switch err := r.lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, fault(Malformed, -1, "line %d is longer than any line of a bundle", r.n+1)
	case err != nil:
		return nil, fault(Unreadable, -1, "%v", err)
	}
	return nil, nil
}

// strict refuses members that the format does not have, names that appear twice and bad UTF-8.
var strict = json.JoinOptions(json.RejectUnknownMembers(true))

func (r *reader) decode(line []byte, v any) error {
	if err := json.Unmarshal(line, v, strict); err != nil {
		return fmt.Errorf("line %d: %w", r.n, err)
	}
	return nil
}

// head reads the header and the checkpoints, and returns the line after them.
func (r *reader) head() (h header, checkpoints []string, first []byte, f *Fault) {
	line, f := r.next()
	if f != nil {
		return h, nil, nil, f
	}
	if line == nil {
		return h, nil, nil, fault(Unreadable, -1, "the file is empty")
	}
	if err := r.decode(line, &h); err != nil || h.Bundle != BundleFormat {
		return h, nil, nil, fault(Malformed, -1, "this is no audit bundle of format %s", BundleFormat)
	}
	for {
		if line, f = r.next(); f != nil || line == nil {
			return h, checkpoints, nil, f
		}
		var c checkpointLine
		if r.decode(line, &c) != nil {
			return h, checkpoints, line, nil
		}
		if checkpoints = append(checkpoints, c.Checkpoint); len(checkpoints) > maxCheckpoints {
			return h, nil, nil, fault(Malformed, -1, "more than %d checkpoints", maxCheckpoints)
		}
	}
}

// readAhead is how many entries are read while those before are checked.
const readAhead = 256

// someRecords are entries in order, and what is wrong with the line after them.
type someRecords struct {
	records []Record
	fault   *Fault
}

// records reads the entries from a line on until the end, a fault or stop, beside whoever checks them: reading takes longer.
func (r *reader) records(line []byte, stop <-chan struct{}) <-chan someRecords {
	out := make(chan someRecords, 2)
	go func() {
		defer close(out)
		for seq := int64(0); line != nil; {
			some := someRecords{records: make([]Record, 0, readAhead)}
			for line != nil && some.fault == nil && len(some.records) < readAhead {
				var record Record
				if some.fault = r.record(line, seq, &record); some.fault == nil {
					some.records = append(some.records, record)
					seq++
					line, some.fault = r.next()
				}
			}
			select {
			case out <- some:
			case <-stop:
				return
			}
			if some.fault != nil {
				return
			}
		}
	}()
	return out
}

// record reads an entry.
func (r *reader) record(line []byte, seq int64, out *Record) *Fault {
	var e entryLine
	if err := r.decode(line, &e); err != nil {
		return fault(Malformed, seq, "entry %d cannot be read: %v", seq, err)
	}
	*out = Record{Entry: Entry{Seq: e.Seq, Micros: e.Micros, Actor: e.Actor, Action: e.Action, Object: e.Object,
		PayloadHash: Hash(e.PayloadHash), Prev: Hash(e.Prev)}, Hash: Hash(e.Hash), Payload: e.Payload}
	if e.Salt != nil {
		out.Salt = *e.Salt
	}
	return nil
}

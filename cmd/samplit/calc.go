package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/samplit/samplit/engine/stats/calc"
)

type calcCommand struct{}

func (calcCommand) Help() string {
	return `Reads one question a line, {"fn":"srm","in":{"observed":[5021,4979],"weights":[1,1]}}, and writes one line for each:
{"out":{…}}, or {"error":"…"} for a question that has no answer, and goes on. Other members of a question are ignored.`
}

// maxQuestion leaves room for the name around the longest input that calc reads.
const maxQuestion = calc.MaxInput + 1024

// Run answers until the input ends. A question that cannot be answered is not a failure of the command.
func (calcCommand) Run(ctx context.Context, s *streams) error {
	in, out := bufio.NewReaderSize(stoppable(ctx, s.in), 64<<10), bufio.NewWriter(s.out)
	for {
		line, long, err := readLine(in, maxQuestion)
		if err != nil && !errors.Is(err, io.EOF) {
			return errors.Join(fmt.Errorf("read questions: %w", err), out.Flush())
		}
		if question := bytes.TrimSpace(line); len(question) > 0 || long {
			if _, err := out.Write(append(answer(question, long), '\n')); err != nil {
				return fmt.Errorf("write answers: %w", err)
			}
		}
		if err != nil { // the end
			return out.Flush()
		}
		if in.Buffered() == 0 { // whoever asks may be waiting
			if err := out.Flush(); err != nil {
				return fmt.Errorf("write answers: %w", err)
			}
		}
	}
}

// answer is the line that a question gets.
func answer(question []byte, long bool) []byte {
	var reply struct {
		Out   json.RawMessage `json:"out,omitempty"`
		Error string          `json:"error,omitempty"`
	}
	out, err := ask(question, long)
	if reply.Out = out; err != nil {
		reply.Error = oneLine(err)
	}
	line, _ := json.Marshal(reply) // of a string and what calc marshalled: cannot fail
	return line
}

func ask(question []byte, long bool) (json.RawMessage, error) {
	if long {
		return nil, fmt.Errorf("the line is longer than %d bytes", maxQuestion)
	}
	var q struct {
		Fn string          `json:"fn"`
		In json.RawMessage `json:"in"`
	}
	if err := json.Unmarshal(question, &q); err != nil || q.Fn == "" {
		return nil, errors.New(`the line is not a question such as {"fn":"normal_tail","in":{"z":1.96}}`)
	}
	return calc.Calc(q.Fn, q.In)
}

// readLine returns the next line. Of one longer than most bytes it returns nothing but that it was long. The error is that of
// the reader; at the end of the input the last line may come with it.
func readLine(r *bufio.Reader, most int) (line []byte, long bool, err error) {
	for {
		part, err := r.ReadSlice('\n')
		if long = long || len(line)+len(part) > most; long {
			line = nil
		} else {
			line = append(line, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, long, err
		}
	}
}

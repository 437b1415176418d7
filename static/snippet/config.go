package snippet

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
)

// Names are the short names that the built runtime has for fields of the configuration; the others keep theirs.
var Names = map[string]string{
	"action": "a", "arms": "r", "changes": "c", "epoch": "y", "fingerprint": "f", "goals": "g", "limit": "l",
	"remote": "e", "seed": "d", "selector": "s", "splits": "p", "state": "q", "traffic": "h", "value": "u", "weights": "w",
}

// base is where the tracker is, before anything that people wrote.
var base = regexp.MustCompile(`^(\{v:1,token:"[^"]*",)base:"[^"]*"`)

var bare = regexp.MustCompile(`^[a-z_]+$`)

// literal writes a configuration, given as JSON, as the JavaScript that the runtime reads. Its tracker is below a path of the page's host,
// unless that is empty.
func literal(config []byte, below string) ([]byte, error) {
	from := json.NewDecoder(bytes.NewReader(config))
	from.UseNumber()
	var to bytes.Buffer
	if err := write(&to, from); err != nil {
		return nil, fmt.Errorf("snippet configuration: %w", err)
	}
	if below == "" {
		return to.Bytes(), nil
	}
	return base.ReplaceAll(to.Bytes(), fmt.Appendf(nil, `${1}base:location.origin+%q`, below)), nil
}

// write copies the next value.
func write(to *bytes.Buffer, from *json.Decoder) error {
	token, err := from.Token()
	if err != nil {
		return err
	}
	open, nested := token.(json.Delim)
	if !nested {
		return raw(to, token)
	}
	to.WriteString(open.String())
	for n := 0; from.More(); n++ {
		if n > 0 {
			to.WriteByte(',')
		}
		if err := member(to, from, open == '{'); err != nil {
			return err
		}
	}
	end, err := from.Token()
	if err == nil {
		to.WriteString(end.(json.Delim).String())
	}
	return err
}

// member copies the next value of a list, or with its name that of an object.
func member(to *bytes.Buffer, from *json.Decoder, named bool) error {
	if !named {
		return write(to, from)
	}
	token, err := from.Token()
	if err != nil {
		return err
	}
	name := token.(string)
	short, known := Names[name]
	switch {
	case known:
		to.WriteString(short)
	case bare.MatchString(name):
		to.WriteString(name)
	default:
		if err := raw(to, name); err != nil {
			return err
		}
	}
	to.WriteByte(':')
	if name != "fingerprint" {
		return write(to, from)
	}
	var content json.RawMessage // it names attributes of elements
	if err := from.Decode(&content); err != nil {
		return err
	}
	return raw(to, content)
}

// raw writes a value as JSON, in which json.Marshal leaves nothing that JavaScript would read otherwise.
func raw(to *bytes.Buffer, value any) error {
	text, err := json.Marshal(value)
	to.Write(text)
	return err
}

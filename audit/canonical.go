package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/gowebpki/jcs"
	"golang.org/x/text/unicode/norm"
)

// MaxPayload bounds the canonical bytes of one payload.
const MaxPayload = 16 << 10

// Canonical returns the RFC 8785 bytes of a payload restricted so that every implementation agrees on them: integers within ±2^53,
// decimals, ids and times as strings, NFC text without NUL, at most MaxPayload bytes. What it does not take is an error.
func Canonical(payload map[string]any) ([]byte, error) {
	plain, err := restrict(payload)
	if err != nil {
		return nil, fmt.Errorf("audit payload: %w", err)
	}
	raw, err := json.Marshal(plain)
	if err != nil {
		return nil, fmt.Errorf("audit payload: %w", err)
	}
	out, err := jcs.Transform(raw)
	if err != nil {
		return nil, fmt.Errorf("audit payload: %w", err)
	}
	if len(out) > MaxPayload {
		return nil, fmt.Errorf("audit payload: %d bytes, at most %d", len(out), MaxPayload)
	}
	return out, nil
}

func restrict(v any) (any, error) {
	switch v := v.(type) {
	case nil, bool:
		return v, nil
	case string:
		return restrictText(v)
	case int:
		return restrict(int64(v))
	case int32:
		return int64(v), nil
	case int64:
		if v > 1<<53 || v < -(1<<53) {
			return nil, fmt.Errorf("integer %d is outside ±2^53", v)
		}
		return v, nil
	case uuid.UUID:
		return v.String(), nil
	case time.Time:
		return v.UTC().Format("2006-01-02T15:04:05.000000Z"), nil
	case []int32:
		return restrictList(v)
	case []string:
		return restrictList(v)
	case []any:
		return restrictList(v)
	case []map[string]any:
		return restrictList(v)
	case map[string]any:
		return restrictObject(v)
	}
	return nil, fmt.Errorf("a %T is not canonical: write decimals as strings", v)
}

func restrictText(s string) (any, error) {
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		return nil, errors.New("text that is not UTF-8, or holds NUL")
	}
	return norm.NFC.String(s), nil
}

func restrictObject(v map[string]any) (any, error) {
	out := make(map[string]any, len(v))
	for k, x := range v {
		r, err := restrict(x)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", k, err)
		}
		name, err := restrictText(k)
		if err != nil {
			return nil, err
		}
		out[name.(string)] = r
	}
	if len(out) != len(v) {
		return nil, errors.New("two names have the same normal form")
	}
	return out, nil
}

func restrictList[T any](v []T) ([]any, error) {
	out := make([]any, len(v))
	for i, x := range v {
		r, err := restrict(x)
		if err != nil {
			return nil, fmt.Errorf("[%d]: %w", i, err)
		}
		out[i] = r
	}
	return out, nil
}

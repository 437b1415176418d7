package services

import (
	"errors"
	"hash/maphash"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// perVariant adds rows of counts up.
func (s *sheet) perVariant(t *Tally) error {
	t.Money = s.has("revenue")
	for {
		if err := s.next(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		i, err := s.arm(t)
		if err != nil {
			return err
		}
		if err := s.addCounts(&t.Arms[i], t.Money); err != nil {
			return err
		}
	}
}

func (s *sheet) addCounts(a *TallyArm, money bool) error {
	visitors, err := s.count("visitors")
	if err != nil {
		return err
	}
	conversions, err := s.count("conversions")
	if err != nil {
		return err
	}
	if conversions > visitors {
		return s.wrong(s.line, "tally.more_conversions", "Conversions", conversions, "Visitors", visitors)
	}
	a.Visitors, a.Conversions = a.Visitors+visitors, a.Conversions+conversions
	if a.Visitors > maxTallyCount {
		return s.wrong(s.line, "tally.count", "Column", "visitors")
	}
	if !money {
		return nil
	}
	sum, err := s.number("revenue", maxTallySum)
	if err != nil {
		return err
	}
	squares, err := s.number("revenue_sq", maxTallySum*maxTallySum)
	if err != nil {
		return err
	}
	// By Cauchy and Schwarz Σv² ≥ (Σv)²/n; a little less is rounding.
	if squares < sum*sum/max(float64(visitors), 1)*(1-1e-6) || visitors == 0 && sum != 0 {
		return s.wrong(s.line, "tally.squares")
	}
	a.Value, a.ValueSq = a.Value+sum, a.ValueSq+squares
	return nil
}

// visit is what one visitor did.
type visit struct {
	value     float64
	arm       uint8 // fewer than engine.MaxArms
	converted bool
}

// perVisitor counts visitors, who may come in several rows.
func (s *sheet) perVisitor(t *Tally, most int) error {
	t.Money = s.has("value")
	seed, visits := maphash.MakeSeed(), map[uint64]visit{}
	for {
		if err := s.next(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		id := s.field("visitor_id")
		if id == "" {
			return s.wrong(s.line, "tally.no_visitor")
		}
		arm, now, err := s.visit(t)
		if err != nil {
			return err
		}
		key := maphash.String(seed, id)
		before, again := visits[key]
		switch {
		case !again && len(visits) == most:
			return s.wrong(s.line, "tally.visitors", "Most", most)
		case again && before.arm != now.arm:
			t.Crossovers++
			continue
		case again:
			t.Repeats++
		}
		visits[key] = t.Arms[arm].visited(before, now, again)
	}
}

// visit reads the row.
func (s *sheet) visit(t *Tally) (arm int, v visit, err error) {
	if arm, err = s.arm(t); err != nil {
		return arm, v, err
	}
	if v.converted, err = s.yes("converted"); err != nil {
		return arm, v, err
	}
	if s.has("value") && s.field("value") != "" {
		v.value, err = s.number("value", maxTallyValue)
	}
	v.arm = uint8(arm)
	return arm, v, err
}

// visited counts a row of a visitor and returns all that the visitor did: converted once is converted, values add up.
func (a *TallyArm) visited(before, now visit, again bool) visit {
	now.value += before.value
	now.converted = now.converted || before.converted
	if !again {
		a.Visitors++
	}
	if now.converted && !before.converted {
		a.Conversions++
	}
	a.Value += now.value - before.value
	a.ValueSq += now.value*now.value - before.value*before.value
	return now
}

// count is a whole number from 0 to maxTallyCount.
func (s *sheet) count(column string) (int64, error) {
	text := s.field(column)
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !(n >= 0 && n <= maxTallyCount) || n != math.Trunc(n) || strings.ContainsAny(text, "xX_pP") {
		return 0, s.wrong(s.line, "tally.count", "Column", column)
	}
	return int64(n), nil
}

// number is a finite one of at most that size.
func (s *sheet) number(column string, most float64) (float64, error) {
	text := s.field(column)
	if s.decimal != "" && !strings.Contains(text, ".") {
		text = strings.Replace(text, s.decimal, ".", 1)
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || !(math.Abs(x) <= most) || strings.ContainsAny(text, "xX_pP") {
		return 0, s.wrong(s.line, "tally.number", "Column", column)
	}
	return x, nil
}

// What spreadsheets and databases write for yes and no.
var (
	yesWords = []string{"1", "true", "t", "yes", "y", "si", "sí"}
	noWords  = []string{"0", "false", "f", "no", "n"}
)

func (s *sheet) yes(column string) (bool, error) {
	text := strings.ToLower(s.field(column))
	switch {
	case slices.Contains(yesWords, text):
		return true, nil
	case slices.Contains(noWords, text):
		return false, nil
	}
	return false, s.wrong(s.line, "tally.yes", "Column", column)
}

package views

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/samplit/samplit/locale"
)

// Drawings are charts without scripts: for paper, and for pages that run none. The picture is stretched to the width that there is,
// what is written around it is not.

const (
	drawingWidth, drawingHeight = 1000, 200
	mostNamed                   = 8 // variants whose names have room beside the picture, and whose bands can be told apart
	mostColumns                 = 6 // moments in the table under it
)

// drawnChart is a picture of what happened between two moments, from 0 to top.
type drawnChart struct {
	from, to time.Time
	top      float64
	decimals int // of the shares on the scale
	finer    int // decimals more of those beside the names
	scale    []float64
	moments  []time.Time // named below it
	ticks    []time.Time // marked below it
	shapes   []drawnShape
}

// drawnShape is a variant's part of a picture: an area, a line, and its name at the end of both.
type drawnShape struct {
	variant    VariantResult
	area, line string
	share      float64 // at the end
	middle     float64 // of the area there
	nameY      float64
}

func (d drawnChart) y(share float64) float64 { return drawingHeight * (1 - min(share, d.top)/d.top) }

func (d drawnChart) x(at time.Time) float64 {
	return drawingWidth * float64(at.Sub(d.from)) / float64(max(d.to.Sub(d.from), 1))
}

// named says whether the names stand beside the picture; else a legend has them.
func (d drawnChart) named() bool { return len(d.shapes) <= mostNamed }

// mostMoments is how many moments are drawn, so that pictures of many variants stay small.
func mostMoments(m Results) int { return min(160, max(20, 400/max(len(m.Variants), 1))) }

// stroke is a path.
type stroke []byte

// to goes straight to a point, at first without a line.
func (s *stroke) to(x, y float64) {
	if len(*s) == 0 {
		s.add('M', math.Round(x))
	} else {
		s.add('L', math.Round(x))
	}
	s.add(' ', y)
}

func (s *stroke) across(x float64) { s.add('H', math.Round(x)) }
func (s *stroke) up(y float64)     { s.add('V', y) }

func (s *stroke) add(letter byte, x float64) { *s = append(append(*s, letter), px(x)...) }

// placeNames writes names beside the ends of their shapes, moved apart where those end close together.
func (d *drawnChart) placeNames() {
	const line = 17.
	order := make([]*drawnShape, len(d.shapes))
	for i := range d.shapes {
		order[i] = &d.shapes[i]
		order[i].nameY = d.y(order[i].middle)
	}
	slices.SortStableFunc(order, func(a, b *drawnShape) int { return cmp.Compare(b.nameY, a.nameY) })
	lowest := drawingHeight - line/2
	for _, s := range order {
		s.nameY = min(s.nameY, lowest)
		lowest = s.nameY - line
	}
	slices.Reverse(order)
	highest := line / 2
	for _, s := range order {
		s.nameY = max(s.nameY, highest)
		highest = s.nameY + line
	}
}

// spreadOver picks at most n of a list, the first and the last among them.
func spreadOver[T any](list []T, n int) []T {
	if len(list) <= n {
		return list
	}
	out := make([]T, n)
	for i := range out {
		out[i] = list[int(math.Round(float64(i)*float64(len(list)-1)/float64(n-1)))]
	}
	return out
}

func shareScale(top float64) (scale []float64, decimals int) {
	step := niceStep(top / 6)
	for i := 0; float64(i)*step <= top; i++ {
		scale = append(scale, float64(i)*step)
	}
	return scale, max(0, int(math.Ceil(-math.Log10(step)-1e-9))-2)
}

// rateDays are the days of the rates, oldest first.
func rateDays(m Results) (days []time.Time) {
	for _, p := range m.Rates {
		if len(days) == 0 || !days[len(days)-1].Equal(p.Day) {
			days = append(days, p.Day)
		}
	}
	return days
}

// rateDrawing draws each variant's rate with its band. The axis ends above every line; a first day's band may reach far beyond it.
func rateDrawing(m Results) drawnChart {
	days := rateDays(m)
	d := drawnChart{from: days[0], to: days[len(days)-1], moments: spreadOver(days, 5)}
	rate, high := 0.001, 0.0
	for _, p := range m.Rates {
		rate, high = max(rate, p.Rate), max(high, p.High)
	}
	d.top = min(1, 1.04*min(high, 1.6*rate))
	d.scale, d.decimals = shareScale(d.top)
	d.finer = 1
	for _, v := range m.Variants {
		if s, ok := d.rateShape(m, v, spreadOver(days, mostMoments(m))); ok {
			d.shapes = append(d.shapes, s)
		}
	}
	d.placeNames()
	return d
}

// rateShape is the line and the band of a variant; false where it has no visitors.
func (d drawnChart) rateShape(m Results, v VariantResult, days []time.Time) (s drawnShape, ok bool) {
	var line, area stroke
	var shown []*RatePoint
	for _, day := range days {
		if p := rateOn(m, v, day); p != nil {
			shown = append(shown, p)
			line.to(d.x(day), d.y(p.Rate))
			area.to(d.x(day), d.y(p.High))
		}
	}
	if len(shown) == 0 {
		return s, false
	}
	for _, p := range slices.Backward(shown) {
		area.to(d.x(p.Day), d.y(p.Low))
	}
	if len(m.Variants) > mostNamed {
		area = nil
	}
	last := shown[len(shown)-1].Rate
	return drawnShape{variant: v, area: string(area), line: string(line), share: last, middle: last}, true
}

// shownEpochs are the sets of weights that were in force at so many moments, at even distances.
func shownEpochs(m Results, end time.Time) []Epoch {
	most := mostMoments(m)
	if len(m.Epochs) <= most {
		return m.Epochs
	}
	from, next := m.Epochs[0].OpenedAt, 0
	var shown []Epoch
	for i := range most {
		at := from.Add(time.Duration(float64(end.Sub(from)) * float64(i) / float64(most-1)))
		for next < len(m.Epochs) && !m.Epochs[next].OpenedAt.After(at) {
			next++
		}
		if e := m.Epochs[max(next-1, 0)]; len(shown) == 0 || shown[len(shown)-1].Number != e.Number {
			shown = append(shown, e)
		}
	}
	return shown
}

// trafficDrawing stacks the variants' shares of new visitors.
func trafficDrawing(m Results) drawnChart {
	end := m.AsOf
	if !m.Experiment.Ended.IsZero() {
		end = m.Experiment.Ended
	}
	epochs := shownEpochs(m, end)
	d := drawnChart{from: epochs[0].OpenedAt, to: end, top: 1, scale: []float64{0, 0.5, 1}, moments: evenly(epochs[0].OpenedAt, end)}
	floor := make([]float64, len(epochs))
	for _, v := range m.Variants {
		d.shapes = append(d.shapes, d.trafficShape(v, epochs, floor))
	}
	for _, e := range epochs {
		d.ticks = append(d.ticks, e.OpenedAt)
	}
	d.placeNames()
	return d
}

// trafficShape is a variant's layer above the floor, which it raises.
func (d drawnChart) trafficShape(v VariantResult, epochs []Epoch, floor []float64) drawnShape {
	last := len(epochs) - 1
	share := epochs[last].Weights[v.Key]
	s := drawnShape{variant: v, share: share, middle: floor[last] + share/2}
	var top, bottom stroke
	for i, e := range slices.Backward(epochs) {
		bottom.up(d.y(floor[i]))
		bottom.across(d.x(e.OpenedAt))
	}
	top.to(0, d.y(floor[0]+epochs[0].Weights[v.Key]))
	for i, e := range epochs {
		if i > 0 {
			top.across(d.x(e.OpenedAt))
		}
		floor[i] += e.Weights[v.Key]
		top.up(d.y(floor[i]))
	}
	top.across(drawingWidth)
	s.line, s.area = string(top), string(top)+string(bottom)
	return s
}

// evenly are five moments from one to another.
func evenly(from, to time.Time) (moments []time.Time) {
	for i := range 5 {
		moments = append(moments, from.Add(to.Sub(from)*time.Duration(i)/4))
	}
	return moments
}

// momentAnchor keeps what is written at the ends of the axis inside.
func momentAnchor(i, of int) string {
	switch i {
	case 0:
		return "start"
	case of - 1:
		return "end"
	}
	return "middle"
}

// momentText names the day, or the time where the picture shows few days.
func (d drawnChart) momentText(ctx context.Context, at time.Time) string {
	if d.to.Sub(d.from) < 4*24*time.Hour && len(d.ticks) > 0 {
		return locale.DateTime(ctx, at)
	}
	return locale.Day(ctx, at)
}

func px(x float64) string { return strconv.FormatFloat(math.Round(x*10)/10, 'f', -1, 64) }

// percentAt is where a moment lies, as a percentage of the width.
func (d drawnChart) percentAt(at time.Time) string { return px(d.x(at)*100/drawingWidth) + "%" }

// shortName keeps a name inside the margin.
func shortName(name string) string {
	if letters := []rune(name); len(letters) > 18 {
		return string(letters[:17]) + "…"
	}
	return name
}

// rateOn is what a variant had on a day; nil: nobody yet.
func rateOn(m Results, v VariantResult, day time.Time) *RatePoint {
	for i := range m.Rates {
		if p := &m.Rates[i]; p.Variant == v.Key && p.Day.Equal(day) {
			return p
		}
	}
	return nil
}

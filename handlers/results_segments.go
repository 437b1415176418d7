package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
	"github.com/samplit/samplit/views"
)

// segments is the part of the results page that asks for itself while groups are counted.
func (h *server) segments(c echo.Context) error { return h.showSegments(c, c.QueryParam("goal")) }

// askSegments has them counted again.
func (h *server) askSegments(c echo.Context) error {
	f, err := form(c)
	if err != nil {
		return err
	}
	if err := h.Segments.Ask(c.Request().Context(), actor(c), c.Param("id")); err != nil {
		return err
	}
	return h.showSegments(c, f.Get("goal"))
}

func (h *server) showSegments(c echo.Context, goal string) error {
	m, _, err := h.results(c, goal)
	if services.Code(err) == services.CodeInvalid || err == nil && m.Segments == nil { // a goal it does not have; nobody to count
		return echo.ErrNotFound
	}
	if err != nil {
		return err
	}
	if !wantsPart(c) {
		return redirect(c, views.SegmentsURL(c.Param("id"), goal))
	}
	return h.render(c, http.StatusOK, views.SegmentsSection(m))
}

func segmentsOf(r services.Results) *views.Segments {
	if r.Segments == nil {
		return nil
	}
	m := &views.Segments{CountedAt: timeOr(r.Segments.CountedAt), Counting: r.Segments.Counting, Problem: r.Segments.Problem, Comparisons: r.Segments.Comparisons}
	for _, d := range r.Segments.Dimensions {
		m.Dimensions = append(m.Dimensions, segmentDimension(r, d))
	}
	return m
}

func segmentDimension(r services.Results, d services.SegmentDimension) views.SegmentDimension {
	out := views.SegmentDimension{Key: d.Key, Unknown: len(d.Values) == 1 && !d.Values[0].Known()}
	for _, e := range r.Elements {
		if e.Key == d.Element {
			out.Element = e.Name
		}
	}
	var all int64
	for _, value := range d.Values {
		all += value.Visitors
	}
	for _, value := range d.Values {
		for i, v := range value.Variants {
			out.Rows = append(out.Rows, views.SegmentRow{Value: value.Value, First: i == 0, Share: float64(value.Visitors) / float64(max(all, 1)), State: v.State,
				Variant: segmentVariant(i, v)})
			if v.State == services.GoalBetter || v.State == services.GoalWorse {
				out.Found++
			}
		}
	}
	return out
}

func segmentVariant(i int, v services.SegmentVariant) views.VariantResult {
	m := views.VariantResult{Key: v.Key, Name: v.Name, Index: i, Visitors: v.Visitors, Conversions: v.Conversions, Rate: v.Rate,
		RateLow: v.Interval.Low, RateHigh: v.Interval.High, Lift: liftOf(v.Lift)}
	if r := v.Revenue; r != nil {
		m.Revenue = &views.Revenue{PerVisitor: r.PerVisitor, Low: r.Interval.Low, High: r.Interval.High}
	}
	return m
}

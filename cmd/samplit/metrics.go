package main

import (
	"math"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/samplit/samplit/db"
)

// observe adds what nobody counts by the request: whether the database is there, its connections and what waits to be stored.
func (a *app) observe(registry prometheus.Registerer) {
	gauge := func(name, help string, value func() float64) {
		promauto.With(registry).NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
	}
	gauge("samplit_database_away", "1 while requests are refused because the database did not answer.", func() float64 {
		if a.database.Away() {
			return 1
		}
		return 0
	})
	gauge("samplit_snapshot_age_seconds", "Time since the experiments served agreed with the database; +Inf before.", func() float64 {
		if age := a.snapshot.Age(); age < never {
			return age.Seconds()
		}
		return math.Inf(1)
	})
	gauge("samplit_ingest_waiting", "Requests that wait for a commit.", func() float64 { return float64(a.committer.Waiting()) })
	gauge("samplit_ingest_pressure", "Used share of the room for what waits, from 0 to 1.", a.committer.Pressure)
	promauto.With(registry).NewCounterFunc(prometheus.CounterOpts{Name: "samplit_strangers_total",
		Help: "Tracker requests of web pages that their site does not know."}, func() float64 { return float64(a.tracker.Strangers()) })
	gauge("samplit_ingest_kept", "Assignments answered but not stored yet.", func() float64 { return float64(a.committer.Kept()) })
	promauto.With(registry).NewCounterFunc(prometheus.CounterOpts{Name: "samplit_ingest_quarantined_total",
		Help: "Items that the database refused and that were set aside."}, func() float64 { return float64(a.committer.Quarantined()) })
	promauto.With(registry).NewCounterFunc(prometheus.CounterOpts{Name: "samplit_ingest_crowded_total",
		Help: "Requests that found no place to wait, since their account or all together had too much waiting."}, func() float64 { return float64(a.committer.Crowded()) })
	a.observeLimits(registry)
	a.observeDays(registry)
	registry.MustRegister(pools{a.database.DB})
}

// observeDays adds what becomes of the days of events.
func (a *app) observeDays(registry prometheus.Registerer) {
	with := promauto.With(registry)
	with.NewCounterFunc(prometheus.CounterOpts{Name: "samplit_event_days_made_late_total",
		Help: "Partitions of events that were missing when an event came, and were made then."}, func() float64 { return float64(a.database.LateDays()) })
	with.NewGaugeFunc(prometheus.GaugeOpts{Name: "samplit_event_days_overdue",
		Help: "Days of events older than EVENTS_KEEP_DAYS that are still in the database, as of this process's last try."}, func() float64 { return float64(a.archive.State().Overdue) })
	with.NewCounterFunc(prometheus.CounterOpts{Name: "samplit_event_days_moved_total",
		Help: "Days of events moved to the object store."}, func() float64 { return float64(a.archive.State().Moved) })
	with.NewCounterFunc(prometheus.CounterOpts{Name: "samplit_event_days_failed_total",
		Help: "Times that a day of events could not be moved to the object store and stayed."}, func() float64 { return float64(a.archive.State().Failed) })
}

// observeLimits adds what the limits turned away, and how Redis does where there is one.
func (a *app) observeLimits(registry prometheus.Registerer) {
	refused := func(limit string, count func() int64) {
		promauto.With(registry).NewCounterFunc(prometheus.CounterOpts{Name: "samplit_limited_total", ConstLabels: prometheus.Labels{"limit": limit},
			Help: "Requests refused because a token or an address sent too many."}, func() float64 { return float64(count()) })
	}
	refused("token", func() int64 { token, _ := a.limits.Refused(); return token })
	refused("address", func() int64 { _, address := a.limits.Refused(); return address })
	if a.shared == nil {
		return
	}
	promauto.With(registry).NewCounterFunc(prometheus.CounterOpts{Name: "samplit_redis_failures_total",
		Help: "Times that Redis was asked and did not answer in time."}, func() float64 { return float64(a.shared.Failed()) })
	promauto.With(registry).NewGaugeFunc(prometheus.GaugeOpts{Name: "samplit_redis_away",
		Help: "1 while this process counts requests for itself because Redis did not answer."}, func() float64 {
		if a.shared.Away() {
			return 1
		}
		return 0
	})
}

// pools tells the size of each connection pool when it is asked.
type pools struct{ db *db.DB }

var poolSize = prometheus.NewDesc("samplit_database_connections", "Connections of a pool: most allowed, open, and idle.", []string{"role", "kind"}, nil)

// Describe implements prometheus.Collector.
func (p pools) Describe(to chan<- *prometheus.Desc) { to <- poolSize }

// Collect implements prometheus.Collector.
func (p pools) Collect(to chan<- prometheus.Metric) {
	for _, s := range p.db.PoolStats() {
		for kind, n := range map[string]int32{"max": s.Max, "open": s.Total, "idle": s.Idle} {
			to <- prometheus.MustNewConstMetric(poolSize, prometheus.GaugeValue, float64(n), string(s.Role), kind)
		}
	}
}

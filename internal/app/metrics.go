package app

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"drawbridge/internal/store"
)

// meters are what Prometheus reads.
type meters struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
	queries  *prometheus.HistogramVec
}

func newMeters(l *Local) *meters {
	m := &meters{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "drawbridge_requests_total", Help: "Answers by route and status."}, []string{"route", "status"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "drawbridge_request_seconds", Help: "Time to an answer by route.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 60},
		}, []string{"route"}),
		queries: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "drawbridge_request_queries", Help: "Statements to the database for an answer, by route.",
			Buckets: []float64{2, 4, 6, 8, 10, 12, 16, 24, 48, 96, 192},
		}, []string{"route"}),
	}
	m.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), m.requests, m.took, m.queries, &recordCollector{l},
	)
	return m
}

// observe counts one answer.
func (m *meters) observe(route string, status int, took time.Duration, queries int64) {
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Inc()
	m.took.WithLabelValues(route).Observe(took.Seconds())
	m.queries.WithLabelValues(route).Observe(float64(queries))
}

var (
	upDesc      = prometheus.NewDesc("drawbridge_record_up", "Whether the database answered this scrape.", nil, nil)
	queriesDesc = prometheus.NewDesc("drawbridge_queries_total", "Statements sent to the database.", nil, nil)
	entriesDesc = prometheus.NewDesc("drawbridge_ledger_entries", "Entries of the ledger.", nil, nil)
	refusedDesc = prometheus.NewDesc("drawbridge_refusals_total", "Acts that permissions refused.", nil, nil)
	dueDesc     = prometheus.NewDesc("drawbridge_jobs_due", "Jobs that are due and have not ended.", nil, nil)
	retryDesc   = prometheus.NewDesc("drawbridge_jobs_retrying", "Of the jobs that are due, those that failed before.", nil, nil)
	bytesDesc   = prometheus.NewDesc("drawbridge_database_bytes", "What the database takes.", nil, nil)
)

// recordCollector asks the record when it is scraped, and not before.
type recordCollector struct{ local *Local }

// Describe sends what there is.
func (c *recordCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{upDesc, queriesDesc, refusedDesc, entriesDesc, bytesDesc, dueDesc, retryDesc} {
		out <- d
	}
}

// Collect asks the record. A database that is away shows as such, and costs no
// other figure.
func (c *recordCollector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	out <- prometheus.MustNewConstMetric(queriesDesc, prometheus.CounterValue, float64(c.local.Store.Queries()))
	out <- prometheus.MustNewConstMetric(refusedDesc, prometheus.CounterValue, float64(c.local.Door.Refusals()))
	var entries, bytes int64
	var jobs store.Backlog
	err := c.local.Store.View(ctx, func(tx *store.Tx) (err error) {
		if entries, _, err = tx.Head(); err != nil {
			return err
		}
		if jobs, err = tx.Backlog(c.local.Options.Now()); err != nil {
			return err
		}
		bytes, err = tx.Size()
		return err
	})
	if err != nil {
		c.local.Log.LogAttrs(ctx, slog.LevelWarn, "record not measured", slog.Any("error", err))
		out <- prometheus.MustNewConstMetric(upDesc, prometheus.GaugeValue, 0)
		return
	}
	out <- prometheus.MustNewConstMetric(upDesc, prometheus.GaugeValue, 1)
	out <- prometheus.MustNewConstMetric(entriesDesc, prometheus.GaugeValue, float64(entries))
	out <- prometheus.MustNewConstMetric(bytesDesc, prometheus.GaugeValue, float64(bytes))
	out <- prometheus.MustNewConstMetric(dueDesc, prometheus.GaugeValue, float64(jobs.Due))
	out <- prometheus.MustNewConstMetric(retryDesc, prometheus.GaugeValue, float64(jobs.Retrying))
}

// observe adds the part that answers Prometheus. It has an address of its own,
// which only this machine reaches, so that no figure needs a permission.
func (a *App) observe() {
	if a.Options.Metrics == "" {
		return
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.meters.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 2, Timeout: 10 * time.Second}))
	a.health(mux)
	l := &listener{on: a.Options.Metrics, flag: "--metrics", server: newServer(), failed: a.failed}
	l.server.Handler = mux
	a.metrics = l
	a.add("metrics", l.start, l.stop)
}

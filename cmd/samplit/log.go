package main

import (
	"io"
	"log/slog"
)

func newLog(c *config, w io.Writer) *slog.Logger {
	opts := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

// quietLog is for commands whose output is the point: only what went wrong.
func quietLog(c *config, w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: max(c.LogLevel, slog.LevelError)}))
}

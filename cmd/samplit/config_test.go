package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"
)

func sound() config {
	return config{Addr: "127.0.0.1:8080", BaseURL: "http://localhost:8080", Environment: "development", Signup: "open", AccessTokenMinutes: 30, LearnInterval: 10 * time.Second,
		LimitToken: "20000/s", LimitAddress: "200/s"}
}

func soundProduction() config {
	c := sound()
	c.Addr, c.BaseURL, c.Environment = ":8080", "https://samplit.example", "production"
	c.SecretKey, c.SMTPURL = "kX1vT9-qLw3zR7yB2nM5pA8sD4fG6hJ0", "smtp://mail.example:587"
	return c
}

func TestConfigNamesEveryMistakeAtOnce(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		base func() config
		edit func(*config)
		want []string // names that must be in the message
	}{
		{"sound", sound, func(*config) {}, nil},
		{"sound production", soundProduction, func(*config) {}, nil},
		{"several at once", sound, func(c *config) { c.BaseURL, c.Addr, c.LearnInterval = "localhost", "8080", 0 }, []string{"BASE_URL", "ADDR", "LEARN_INTERVAL"}},
		{"development on every interface", sound, func(c *config) { c.Addr = "0.0.0.0:8080" }, []string{"ADDR"}},
		{"development under a public name", sound, func(c *config) { c.BaseURL = "http://samplit.example" }, []string{"BASE_URL"}},
		{"a path in the URL", sound, func(c *config) { c.BaseURL = "http://localhost:8080/app" }, []string{"BASE_URL"}},
		{"limits", sound, func(c *config) { c.LimitToken, c.LimitAddress, c.RedisURL = "many", "200", "localhost" }, []string{"LIMIT_TOKEN", "LIMIT_ADDRESS", "REDIS_URL"}},
		{"no limits", sound, func(c *config) { c.LimitToken, c.LimitAddress, c.RedisURL = "0", "0", "redis://cache:6379" }, nil},
		{"proxies", sound, func(c *config) { c.TrustedProxies = []string{"10.0.0.0/8", "proxy"} }, []string{"TRUSTED_PROXIES"}},
		{"pages under a domain of their own", soundProduction, func(c *config) { c.PreviewURL = "https://*.samplit-preview.example" }, nil},
		{"pages under the app's domain", soundProduction, func(c *config) {
			c.BaseURL, c.PreviewURL = "https://app.samplit.example", "https://*.preview.samplit.example"
		}, []string{"PREVIEW_URL"}},
		{"pages without TLS", soundProduction, func(c *config) { c.PreviewURL = "http://*.samplit-preview.example" }, []string{"PREVIEW_URL"}},
		{"pages under one host", sound, func(c *config) { c.PreviewURL = "http://preview.localhost:8080" }, []string{"PREVIEW_URL"}},
		{"production without secrets", soundProduction, func(c *config) { c.SecretKey, c.SMTPURL = "", "" }, []string{"SECRET_KEY", "SMTP_URL"}},
		{"production with a short secret", soundProduction, func(c *config) { c.SecretKey = "short" }, []string{"SECRET_KEY"}},
		{"production with a weak secret", soundProduction, func(c *config) { c.SecretKey = strings.Repeat("a", 40) }, []string{"SECRET_KEY"}},
		{"production without TLS", soundProduction, func(c *config) { c.BaseURL = "http://samplit.example" }, []string{"BASE_URL"}},
	}
	for _, c := range cases {
		cfg := c.base()
		c.edit(&cfg)
		err := cfg.check()
		if (err != nil) != (len(c.want) > 0) {
			t.Errorf("%s: got %v", c.name, err)
			continue
		}
		for _, name := range c.want {
			if !strings.Contains(err.Error(), name+":") {
				t.Errorf("%s: %q does not name %s", c.name, err, name)
			}
		}
	}
}

func TestWrongUsageExitsTwoAndSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"nonsense"}, {"serve", "--no-such-flag"}, {"migrate"}, {"demo", "--visitors", "many"}} {
		var out, errs bytes.Buffer
		if code := run(context.Background(), args, strings.NewReader(""), &out, &errs); code != exitUsage {
			t.Errorf("%v: exit %d, want %d (%s)", args, code, exitUsage, errs.String())
		}
		if !strings.Contains(errs.String(), "--help") {
			t.Errorf("%v: %q does not say what to do next", args, errs.String())
		}
	}
}

func TestSecretsStayOutOfLogs(t *testing.T) {
	t.Parallel()
	c := soundProduction()
	c.DatabaseURL = "postgres://owner:hunter2@db/samplit"
	if err := c.check(); err != nil {
		t.Fatal(err)
	}
	if text := c.LogValue().String(); strings.Contains(text, c.SecretKey) || strings.Contains(text, "hunter2") {
		t.Errorf("the log line holds a secret: %s", text)
	}
}

package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/samplit/samplit/services"
)

// config is read once, from flags and environment. Packages get the few values they use, never this struct.
type config struct {
	Addr               string        `env:"ADDR" default:"127.0.0.1:8080" help:"Listen address."`
	BaseURL            string        `env:"BASE_URL" default:"http://localhost:8080" help:"Public URL of the app."`
	TrackerURL         string        `env:"TRACKER_URL" help:"Public URL of tracker and snippet; the app's when empty."`
	PreviewURL         string        `env:"PREVIEW_URL" help:"Origin of pages in the editor with an asterisk for a random name, https://*.preview.example; development: http://*.preview.localhost on the app's port. none, or empty in production: a sandbox on the app's own host."`
	AdminAddr          string        `env:"ADMIN_ADDR" default:"127.0.0.1:9090" help:"Address of /metrics and pprof; empty is off."`
	DatabaseURL        string        `env:"DATABASE_URL" help:"PostgreSQL 15 or newer, as the owner; empty runs a private one."`
	DataDir            string        `env:"DATA_DIR" default:"./data" help:"Private database and keys."`
	RedisURL           string        `env:"REDIS_URL" help:"Redis in which several servers share their limits; empty: each counts for itself."`
	S3URL              string        `env:"S3_URL" help:"Object store of exports, s3://key:secret@host/bucket?region=…; a folder in the data folder when empty."`
	EventsKeepDays     int           `env:"EVENTS_KEEP_DAYS" default:"0" help:"Days of raw events in the database; older ones are moved to the object store. 0 keeps all."`
	GeoIPFile          string        `env:"GEOIP_FILE" help:"MaxMind DB (.mmdb) with the countries of addresses; empty: not known."`
	SMTPURL            string        `env:"SMTP_URL" help:"Mail server, smtp://user:pw@host:587; in development mail is shown at /dev/mail."`
	SecretKey          string        `env:"SECRET_KEY" help:"At least 32 bytes; made in the data folder in development."`
	StateKeyset        string        `env:"STATE_KEYSET" help:"Keyset file of learned state; in the data folder when empty."`
	AuditKey           string        `env:"AUDIT_KEY" help:"Key file that signs checkpoints of the audit; in the data folder when empty."`
	Environment        string        `env:"ENVIRONMENT" default:"development" enum:"development,production" help:"development or production."`
	Signup             string        `env:"SIGNUP" default:"open" enum:"open,invite" help:"open or invite."`
	AccessTokenMinutes int           `env:"ACCESS_TOKEN_EXPIRE_MINUTES" default:"30" help:"Life of an API access token."`
	LearnInterval      time.Duration `env:"LEARN_INTERVAL" default:"10s" help:"How often smart traffic looks at new counts."`
	LimitToken         string        `env:"LIMIT_TOKEN" default:"20000/s" help:"Tracker requests of one site, where ten events count as a request; 0 is no limit."`
	LimitAddress       string        `env:"LIMIT_ADDRESS" default:"200/s" help:"Requests of one address from browsers, and of signing in; 0 is no limit."`
	LogLevel           slog.Level    `env:"LOG_LEVEL" default:"info" help:"debug, info, warn or error."`
	LogFormat          string        `env:"LOG_FORMAT" enum:"text,json," default:"" help:"text or json; json in production."`
	TrustedProxies     []string      `env:"TRUSTED_PROXIES" help:"Addresses or networks whose X-Forwarded-For counts."`
	AllowedHosts       []string      `env:"ALLOWED_HOSTS" help:"Further host names the app answers to."`
	CORSOrigins        []string      `env:"CORS_ORIGINS" help:"Origins that may call the JSON API from a browser."`
	AllowPrivate       bool          `env:"ALLOW_PRIVATE_NETWORKS" help:"Fetch pages from private addresses, too."`

	base, tracker *url.URL
	proxies       []netip.Prefix
	secret        []byte
	limits        services.LimitRules
}

func (c *config) production() bool { return c.Environment == "production" }

func (c *config) keysetPath() string {
	if c.StateKeyset != "" {
		return c.StateKeyset
	}
	return filepath.Join(c.DataDir, "state.keyset")
}

func (c *config) auditKeyPath() string {
	if c.AuditKey != "" {
		return c.AuditKey
	}
	return filepath.Join(c.DataDir, "audit.key")
}

func (c *config) postgresDir() string { return filepath.Join(c.DataDir, "postgres") }

// LogValue keeps secrets and addresses with passwords out of logs.
func (c *config) LogValue() slog.Value {
	return slog.GroupValue(slog.String("addr", c.Addr), slog.String("base_url", c.BaseURL), slog.String("environment", c.Environment),
		slog.Bool("private_database", c.DatabaseURL == ""))
}

// check reports everything that is wrong at once, and fills in what follows from the settings.
func (c *config) check() error {
	var errs []error
	bad := func(name, format string, args ...any) { errs = append(errs, fmt.Errorf(name+": "+format, args...)) }
	var err error
	if c.base, err = webURL(c.BaseURL); err != nil {
		bad("BASE_URL", "%v", err)
	}
	if c.TrackerURL == "" {
		c.TrackerURL = c.BaseURL
	}
	if c.tracker, err = webURL(c.TrackerURL); err != nil {
		bad("TRACKER_URL", "%v", err)
	}
	if err := c.checkPreview(); err != nil {
		bad("PREVIEW_URL", "%v", err)
	}
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		bad("ADDR", "%q is not host:port", c.Addr)
	}
	if c.AdminAddr != "" {
		if _, _, err := net.SplitHostPort(c.AdminAddr); err != nil {
			bad("ADMIN_ADDR", "%q is not host:port", c.AdminAddr)
		}
	}
	for _, p := range c.TrustedProxies {
		prefix, err := parsePrefix(p)
		if err != nil {
			bad("TRUSTED_PROXIES", "%q is not an address or network", p)
		}
		c.proxies = append(c.proxies, prefix)
	}
	if c.AccessTokenMinutes < 1 || c.AccessTokenMinutes > 24*60 {
		bad("ACCESS_TOKEN_EXPIRE_MINUTES", "choose 1 to 1440")
	}
	if c.LearnInterval < 100*time.Millisecond || c.LearnInterval > time.Hour {
		bad("LEARN_INTERVAL", "choose 100ms to 1h")
	}
	if c.EventsKeepDays != 0 && (c.EventsKeepDays < services.LeastKeptDays || c.EventsKeepDays > 36500) {
		bad("EVENTS_KEEP_DAYS", "choose 0, which keeps all, or at least %d", services.LeastKeptDays)
	}
	if c.S3URL != "" {
		if err := services.CheckS3URL(c.S3URL); err != nil {
			bad("S3_URL", "%v", err)
		}
	}
	if c.RedisURL != "" {
		if err := services.CheckRedisURL(c.RedisURL); err != nil {
			bad("REDIS_URL", "%v", err)
		}
	}
	if c.limits.Token, err = services.ParseRate(c.LimitToken); err != nil {
		bad("LIMIT_TOKEN", "%v", err)
	}
	if c.limits.Address, err = services.ParseRate(c.LimitAddress); err != nil {
		bad("LIMIT_ADDRESS", "%v", err)
	}
	c.limits.Exempt = c.exempt()
	if c.LogFormat == "" {
		c.LogFormat = map[bool]string{true: "json", false: "text"}[c.production()]
	}
	if c.production() {
		errs = append(errs, c.checkProduction()...)
	} else {
		errs = append(errs, c.checkDevelopment()...)
	}
	return errors.Join(errs...)
}

func (c *config) checkProduction() (errs []error) {
	if len(c.SecretKey) < 32 {
		errs = append(errs, errors.New("SECRET_KEY: production needs one of at least 32 bytes, such as the output of: openssl rand -base64 48"))
	} else if distinct(c.SecretKey) < 8 {
		errs = append(errs, errors.New("SECRET_KEY: this one is easy to guess; use the output of: openssl rand -base64 48"))
	}
	if c.base != nil && c.base.Scheme != "https" {
		errs = append(errs, errors.New("BASE_URL: production needs https, on which the sign-in cookie depends"))
	}
	if c.SMTPURL == "" {
		errs = append(errs, errors.New("SMTP_URL: production needs a mail server, or nobody can reset a password"))
	}
	c.secret = []byte(c.SecretKey)
	return errs
}

// Development shows caught mail and details of errors: it must not be reachable from elsewhere.
func (c *config) checkDevelopment() (errs []error) {
	if host, _, err := net.SplitHostPort(c.Addr); err == nil && !local(host) {
		errs = append(errs, fmt.Errorf("ADDR: development listens on loopback only, not on %q; set ENVIRONMENT=production to go public", c.Addr))
	}
	if c.base != nil && !local(c.base.Hostname()) {
		errs = append(errs, fmt.Errorf("BASE_URL: development serves localhost only, not %q; set ENVIRONMENT=production to go public", c.base.Hostname()))
	}
	return errs
}

// ensureSecret reads or makes the development secret in the data folder.
func (c *config) ensureSecret() error {
	if len(c.secret) > 0 {
		return nil
	}
	if c.SecretKey != "" {
		c.secret = []byte(c.SecretKey)
		return nil
	}
	path := filepath.Join(c.DataDir, "secret.key")
	if b, err := os.ReadFile(path); err == nil && len(b) >= 32 {
		c.secret = b
		return nil
	}
	raw := make([]byte, 48)
	_, _ = rand.Read(raw) // never fails
	c.secret = []byte(base64.StdEncoding.EncodeToString(raw))
	if err := os.WriteFile(path, c.secret, 0o600); err != nil {
		return fmt.Errorf("write secret key: %w", err)
	}
	return nil
}

// openSecret is the secret that keys are derived from.
func (c *config) openSecret() (services.Secret, error) {
	if err := c.ensureSecret(); err != nil {
		return services.Secret{}, err
	}
	return services.NewSecret(string(c.secret))
}

// snapshotFile is where the copy of the snapshot lies. A folder that cannot be made keeps nobody from serving.
func (c *config) snapshotFile(log *slog.Logger) (*services.SnapshotFile, error) {
	_ = os.MkdirAll(c.DataDir, 0o755)
	secret, err := c.openSecret()
	if err != nil {
		return nil, err
	}
	return services.NewSnapshotFile(filepath.Join(c.DataDir, "snapshot"), secret.Key("snapshot"), time.Now, log), nil
}

func webURL(raw string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(raw, "/"))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil {
		return nil, fmt.Errorf("%q is not like https://host or https://host:port", raw)
	}
	return u, nil
}

func parsePrefix(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	return netip.ParsePrefix(s)
}

func local(host string) bool {
	host = strings.TrimSuffix(host, ".")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

func distinct(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}

package services

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const (
	sharedWait  = 20 * time.Millisecond // longer than this a request does not wait for Redis
	sharedPause = time.Second           // in which a Redis that failed is left alone
)

// SharedLimits counts requests in Redis for all nodes. A Redis that fails or is slow is left alone for a second at a time;
// meanwhile each node counts for itself.
type SharedLimits struct {
	redis   *redis.Client
	rates   *redis_rate.Limiter
	timeout time.Duration
	clock   Clock
	log     *slog.Logger
	paused  atomic.Int64 // unix nanoseconds until which Redis is left alone; 0 while it is well
	failed  atomic.Int64
}

// quiet stops the client from writing to standard error by itself: what it says comes back as errors, too.
var quiet = sync.OnceFunc(logging.Disable)

// redisOptions reads an address such as redis://user:password@host:6379/0, rediss:// with TLS or unix:///path.
func redisOptions(url string) (*redis.Options, error) {
	options, err := redis.ParseURL(url)
	if err != nil { // which may quote the password
		return nil, errors.New("use redis://user:password@host:6379/0, rediss:// for TLS, or unix:///path")
	}
	return options, nil
}

// CheckRedisURL says what is wrong with an address that NewSharedLimits would refuse.
func CheckRedisURL(url string) error {
	_, err := redisOptions(url)
	return err
}

// NewSharedLimits connects when it is first asked. A timeout of 0 is the default, 20 ms.
func NewSharedLimits(url string, timeout time.Duration, clock Clock, log *slog.Logger) (*SharedLimits, error) {
	options, err := redisOptions(url)
	if err != nil {
		return nil, err
	}
	if timeout == 0 {
		timeout = sharedWait
	}
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout, options.PoolTimeout = timeout, timeout, timeout, timeout
	options.MaxRetries, options.DialerRetries, options.ContextTimeoutEnabled = -1, 1, true
	options.Protocol, options.DisableIdentity = 2, true // a new connection is ready without a word
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	quiet()
	client := redis.NewClient(options)
	return &SharedLimits{redis: client, rates: redis_rate.NewLimiter(client), timeout: timeout, clock: clock, log: log}, nil
}

// Close ends the connections.
func (s *SharedLimits) Close() error { return s.redis.Close() }

// Away says whether this node counts for itself because Redis failed.
func (s *SharedLimits) Away() bool { return s.paused.Load() != 0 }

// Failed is how often Redis was asked and did not answer in time.
func (s *SharedLimits) Failed() int64 { return s.failed.Load() }

// ask takes up to n requests out of what all nodes may let through. With none granted, wait says when there will be some. When
// ok is false nobody knows: the node decides by its own count.
func (s *SharedLimits) ask(ctx context.Context, key string, r Rate, n int) (granted int, wait time.Duration, ok bool) {
	if !s.well() {
		return 0, 0, false
	}
	// A visitor who leaves says nothing about Redis.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	defer cancel()
	got, err := s.rates.AllowAtMost(ctx, key, redis_rate.Limit{Rate: r.N, Burst: r.N, Period: r.Per}, n)
	if err != nil {
		s.failed.Add(1)
		if s.paused.Swap(s.clock.now().Add(sharedPause).UnixNano()) == 0 {
			s.log.Warn("Redis away: each node counts requests for itself", slog.Any("error", err))
		}
		return 0, 0, false
	}
	if s.paused.Load() != 0 && s.paused.Swap(0) != 0 {
		s.log.Info("Redis back: nodes share their limits")
	}
	return got.Allowed, got.RetryAfter, true
}

// well says whether to ask Redis. Of those that come when a pause is over, one finds out whether it is back.
func (s *SharedLimits) well() bool {
	until := s.paused.Load()
	if until == 0 {
		return true
	}
	now := s.clock.now().UnixNano()
	if left := until - now; left > 0 && left <= int64(sharedPause) { // more is left when the clock was set back
		return false
	}
	return s.paused.CompareAndSwap(until, now+int64(sharedPause))
}

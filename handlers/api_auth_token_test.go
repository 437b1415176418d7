package handlers

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"
)

// forge signs any header and claims with any key, as no library would.
func forge(key []byte, header, claims string) string {
	enc := base64.RawURLEncoding
	text := enc.EncodeToString([]byte(header)) + "." + enc.EncodeToString([]byte(claims))
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return text + "." + enc.EncodeToString(mac.Sum(nil))
}

func object(t *testing.T, fields map[string]any) string {
	t.Helper()
	text, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestForgedAccessTokens(t *testing.T) {
	t.Parallel()
	b := setup(t)
	made := b.apiRegister(newEmail())
	key := b.secret.Key("access token")
	sum := sha256.Sum256(key)
	header := map[string]any{"alg": "HS256", "typ": "at+jwt", "kid": hex.EncodeToString(sum[:4])}
	now := b.clock.Now()
	claims := map[string]any{"iss": "http://localhost:8080", "aud": []string{"samplit-api"}, "sub": made.User.ID, "acc": made.Account.ID, "ver": 1,
		"iat": now.Unix(), "exp": now.Add(time.Minute).Unix()}
	with := func(m map[string]any, name string, value any) string {
		m = maps.Clone(m)
		if m[name] = value; value == nil {
			delete(m, name)
		}
		return object(t, m)
	}
	good := forge(key, object(t, header), object(t, claims))
	b.want(b.getBearer("/api/v1/auth/me", good), http.StatusOK)
	late := func(d time.Duration) string {
		return forge(key, object(t, header), with(claims, "exp", now.Add(d).Unix()))
	}
	b.want(b.getBearer("/api/v1/auth/me", late(-20*time.Second)), http.StatusOK)

	unsigned := func(alg string) string {
		return strings.Join(strings.Split(forge(key, with(header, "alg", alg), object(t, claims)), ".")[:2], ".") + "."
	}
	for name, token := range map[string]string{
		"B1 none":                    unsigned("none"),
		"B1 NoNe":                    unsigned("NoNe"),
		"B1 none, signed":            forge(key, with(header, "alg", "none"), object(t, claims)),
		"B2 RS256":                   forge(key, with(header, "alg", "RS256"), object(t, claims)),
		"B2 HS512 by name":           forge(key, with(header, "alg", "HS512"), object(t, claims)),
		"B2 another key":             forge([]byte("public key"), object(t, header), object(t, claims)),
		"B2 empty key":               forge(nil, object(t, header), object(t, claims)),
		"another of our keys":        forge(b.secret.Key("session"), object(t, header), object(t, claims)),
		"B3 unknown kid":             forge(key, with(header, "kid", "other"), object(t, claims)),
		"B3 no kid":                  forge(key, with(header, "kid", nil), object(t, claims)),
		"B5 jku":                     forge(key, with(header, "jku", "https://evil.test/keys"), object(t, claims)),
		"B5 x5u":                     forge(key, with(header, "x5u", "https://evil.test/cert"), object(t, claims)),
		"B5 jwk":                     forge(key, with(header, "jwk", map[string]any{"kty": "oct", "k": "AA"}), object(t, claims)),
		"crit":                       forge(key, with(header, "crit", []string{"x"}), object(t, claims)),
		"B6 claim twice":             forge(key, object(t, header), strings.Replace(object(t, claims), "{", `{"ver":1,`, 1)),
		"B6 header twice":            forge(key, strings.Replace(object(t, header), "{", `{"alg":"none",`, 1), object(t, claims)),
		"B7 over since 61 s":         late(-61 * time.Second),
		"B9 no exp":                  forge(key, object(t, header), with(claims, "exp", nil)),
		"from the future":            forge(key, object(t, header), with(claims, "iat", now.Add(time.Hour).Unix())),
		"B10 other type":             forge(key, with(header, "typ", "JWT"), object(t, claims)),
		"B10 other audience":         forge(key, object(t, header), with(claims, "aud", "samplit-refresh")),
		"B10 refresh token":          made.RefreshToken,
		"B11 other installation":     forge(key, object(t, header), with(claims, "iss", "https://other.test")),
		"another person's account":   forge(key, object(t, header), with(claims, "acc", made.User.ID)),
		"older password":             forge(key, object(t, header), with(claims, "ver", 0)),
		"no person":                  forge(key, object(t, header), with(claims, "sub", "")),
		"B14 8 KB":                   good + strings.Repeat("A", 8<<10),
		"B14 trailing dot":           good + ".",
		"B14 padding":                good + "=",
		"B14 bad base64":             "!" + good[1:],
		"B14 empty":                  "",
		"B14 dots":                   "..",
		"B14 a million parts":        strings.Repeat(".", 1000),
		"signature changed":          good[:len(good)-2] + "AA",
		"claims are not an object":   forge(key, object(t, header), `[]`),
		"claims are not JSON at all": forge(key, object(t, header), `{`),
	} {
		a := b.getBearer("/api/v1/auth/me", token)
		if a.StatusCode != http.StatusUnauthorized || a.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: got %d, want 401 with WWW-Authenticate", name, a.StatusCode)
		}
		if token != "" && strings.Contains(a.body, token) {
			t.Errorf("%s: the answer repeats the token", name)
		}
	}
}

func TestOnlyBearerOpensTheAPI(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.registered(newEmail())
	b.want(br.get("/api/v1/auth/me"), http.StatusUnauthorized)
	made := b.apiRegister(newEmail())
	for _, authorization := range []string{"", made.AccessToken, "Basic " + made.AccessToken, "Bearer", "Bearer  " + made.AccessToken, "Token " + made.AccessToken} {
		a := b.send(http.MethodGet, "/api/v1/auth/me", "", func(r *http.Request) { r.Header.Set("Authorization", authorization) })
		if a.StatusCode != http.StatusUnauthorized {
			t.Errorf("Authorization %.20q: got %d, want 401", authorization, a.StatusCode)
		}
	}
	a := b.send(http.MethodGet, "/api/v1/auth/me", "", func(r *http.Request) { r.Header.Set("Authorization", "bearer "+made.AccessToken) })
	b.want(a, http.StatusOK)
	if a := b.send(http.MethodGet, "/settings", "", func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+made.AccessToken) }); a.StatusCode != http.StatusSeeOther {
		t.Errorf("a token opened a page: got %d, want 303 to sign in", a.StatusCode)
	}
}

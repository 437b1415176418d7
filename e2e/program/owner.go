package program

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Password is that of every owner.
const Password = "correct horse battery staple"

// Owner is somebody with an account and a site, who uses the management API.
type Owner struct {
	Token string // of the site's installation
	Email string
	p     *Program
	site  string
	login string
}

// Register makes an account of its own with one site.
func (p *Program) Register() *Owner {
	p.t.Helper()
	o := &Owner{p: p, Email: uuid.NewString() + "@example.test"}
	reply := o.Call(http.MethodPost, "/auth/register", map[string]any{"email": o.Email, "password": Password, "name": "Ana"}, http.StatusCreated)
	o.login = reply["access_token"].(string)
	site := o.Call(http.MethodPost, "/installations", map[string]any{"site_url": "http://site.test"}, http.StatusCreated)
	o.site, o.Token = site["id"].(string), site["token"].(string)
	return o
}

// At is the same person at another program on the same database.
func (o *Owner) At(p *Program) *Owner {
	other := *o
	other.p = p
	return &other
}

// Call asks the API, which must answer with the status.
func (o *Owner) Call(method, path string, body any, status int) map[string]any {
	o.p.t.Helper()
	got, out, raw := o.Ask(method, path, body)
	if got != status {
		o.p.t.Fatalf("%s %s: got %d, want %d: %s", method, path, got, status, raw)
	}
	return out
}

// Ask asks the API; status 0 means that nothing answered in the time that the program promises.
func (o *Owner) Ask(method, path string, body any) (status int, answer map[string]any, raw string) {
	o.p.t.Helper()
	sent, err := json.Marshal(body)
	if err != nil {
		o.p.t.Fatal(err)
	}
	r, err := http.NewRequest(method, "http://"+o.p.Addr+"/api/v1"+path, strings.NewReader(string(sent)))
	if err != nil {
		o.p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if o.login != "" {
		r.Header.Set("Authorization", "Bearer "+o.login)
	}
	resp, err := (&http.Client{Timeout: 30 * time.Second}).Do(r)
	if err != nil {
		return 0, nil, err.Error()
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, nil, err.Error()
	}
	_ = json.Unmarshal(b, &answer) // a page, or nothing: the status says enough
	return resp.StatusCode, answer, string(b)
}

// Launch starts an experiment with a fixed even split between control and b and the goal buy, and returns its id.
func (o *Owner) Launch(key string) string {
	o.p.t.Helper()
	return o.Start(key, map[string]any{"mode": "single",
		"variants": []any{map[string]any{"key": "control", "name": "Original", "is_control": true}, map[string]any{"key": "b", "name": "Bolder"}}})
}

// Start makes and starts an experiment with a fixed split and the goal buy out of what is told of it, and returns its id.
func (o *Owner) Start(key string, of map[string]any) string {
	o.p.t.Helper()
	body := map[string]any{"installation_id": o.site, "key": key, "name": key, "allocator": "sequential",
		"goals": []any{map[string]any{"key": "buy", "name": "Bought", "primary": true, "type": "custom"}}}
	maps.Copy(body, of)
	id := o.Call(http.MethodPost, "/experiments", body, http.StatusCreated)["id"].(string)
	o.Status(id, "running")
	return id
}

// Status moves an experiment.
func (o *Owner) Status(id, to string) {
	o.p.t.Helper()
	o.Call(http.MethodPatch, "/experiments/"+id+"/status", map[string]any{"status": to}, http.StatusOK)
}

// Weigh opens an epoch with other weights, in proportion.
func (o *Owner) Weigh(id string, control, b int) {
	o.p.t.Helper()
	o.Call(http.MethodPatch, "/experiments/"+id, map[string]any{"variants": []any{
		map[string]any{"key": "control", "weight": control}, map[string]any{"key": "b", "weight": b}}}, http.StatusOK)
}

// Metric is one number of the program's metrics, such as go_goroutines. It needs ADMIN_ADDR.
func (p *Program) Metric(admin, name string) float64 {
	p.t.Helper()
	resp, err := http.Get("http://" + admin + "/metrics")
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	_, rest, found := strings.Cut("\n"+string(text), "\n"+name+" ")
	var value float64
	if _, err := fmt.Sscan(rest, &value); !found || err != nil {
		p.t.Fatalf("metrics lack %s", name)
	}
	return value
}

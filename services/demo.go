package services

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// What people sign in to the demo account with. The account exists in development only.
const (
	DemoEmail    = "demo@samplit.test"
	DemoPassword = "watch-it-learn"
)

// Demo seeds an account that shows what Samplit does.
type Demo struct {
	accounts      *Accounts
	installations *Installations
	experiments   *Experiments
	snapshot      *Snapshot
	shop          string // URL of the demo shop
}

// NewDemo makes the service; shop is the URL the demo shop answers at.
func NewDemo(a *Accounts, i *Installations, e *Experiments, s *Snapshot, shop string) *Demo {
	return &Demo{a, i, e, s, strings.TrimRight(shop, "/")}
}

// Snippet is the line in the shop's pages, empty until the demo was seeded.
func (d *Demo) Snippet() string {
	if token := d.snapshot.tokenOf(d.shop); token != "" {
		return d.installations.snippet(token)
	}
	return ""
}

// DemoPlan is how simulated visitors of one demo experiment behave: they convert at the rate planted for their variant.
type DemoPlan struct {
	Experiment, Goal, URL string
	Rates                 map[string]float64
}

// Demonstration is the seeded demo.
type Demonstration struct {
	Token string // of the shop's installation
	Plans []DemoPlan
}

// Seed makes the demo account, its site and its running experiments, as far as they are missing. Whatever people have changed
// stays as it is; an experiment that no longer runs has no plan.
func (d *Demo) Seed(ctx context.Context) (out Demonstration, err error) {
	by, err := d.person(ctx)
	if err != nil {
		return out, err
	}
	site, err := d.site(ctx, by)
	if err != nil {
		return out, err
	}
	out.Token = site.Token
	for _, seed := range d.seeds() {
		x, err := d.experiment(ctx, by, site, seed)
		if err != nil {
			return out, fmt.Errorf("seed %s: %w", *seed.input.Key, err)
		}
		if x.Status == "running" {
			out.Plans = append(out.Plans, DemoPlan{Experiment: x.Key, Goal: *seed.input.Goals[0].Key, URL: d.shop + strings.Replace(*seed.input.URL, "*", "any", 1), Rates: seed.rates})
		}
	}
	return out, nil
}

// person signs the demo person in, registering them the first time.
func (d *Demo) person(ctx context.Context) (Actor, error) {
	here := netip.IPv6Loopback()
	p, err := d.accounts.Register(ctx, Registration{Email: DemoEmail, Password: DemoPassword, Name: "Dana Demo", Company: "Demo shop"}, here)
	var known *Error
	if errors.As(err, &known) && known.Fields["email"].Reason == "email_taken" {
		p, err = d.accounts.SignIn(ctx, DemoEmail, DemoPassword, here, Browser)
	}
	if err != nil {
		return Actor{}, fmt.Errorf("demo account: %w", err)
	}
	return p.Actor(), nil
}

func (d *Demo) site(ctx context.Context, by Actor) (Installation, error) {
	all, err := d.installations.List(ctx, by, Paging{})
	if err != nil {
		return Installation{}, fmt.Errorf("demo site: %w", err)
	}
	for _, i := range all.Items {
		if i.SiteURL == d.shop {
			return i, nil
		}
	}
	name := "Demo shop"
	site, err := d.installations.Create(ctx, by, InstallationInput{SiteURL: &d.shop, Name: &name})
	if err != nil {
		return site, fmt.Errorf("demo site: %w", err)
	}
	return site, nil
}

func (d *Demo) experiment(ctx context.Context, by Actor, site Installation, seed demoSeed) (Experiment, error) {
	for _, status := range []string{"", "archived"} {
		found, err := d.experiments.List(ctx, by, ExperimentFilter{Query: *seed.input.Key, Status: status})
		if err != nil {
			return Experiment{}, err
		}
		for _, x := range found.Items {
			if x.Key == *seed.input.Key {
				return x, nil
			}
		}
	}
	id := site.ID.String()
	seed.input.InstallationID = &id
	x, err := d.experiments.Create(ctx, by, seed.input)
	if err != nil {
		return x, err
	}
	return d.experiments.SetStatus(ctx, by, x.ID.String(), StatusChange{To: "running"})
}

type demoSeed struct {
	input ExperimentInput
	rates map[string]float64
}

// seeds plants a clear winner under smart traffic, a small effect under a fair split, and a test of nothing.
func (d *Demo) seeds() []demoSeed {
	return []demoSeed{
		{
			input: ExperimentInput{
				Key: new("demo-headline"), Name: new("Headline of the home page"), URL: new("/"), Allocator: new("thompson"),
				Hypothesis: new("A headline that names the harvest brings more people to the featured seed."),
				Variants: []VariantInput{
					{Key: new("control"), Name: new("Original"), IsControl: new(true)},
					{Key: new("harvest"), Name: new("Names the harvest"), Changes: []ChangeInput{change("#hero-title", "text", "", "Pick tomatoes without leaving home")}},
					{Key: new("question"), Name: new("Asks a question"), Changes: []ChangeInput{change("#hero-title", "text", "", "What would grow on your windowsill?")}},
				},
				Goals: []GoalInput{goalOf("see-product", "Opens the featured seed", "click", "selector", "#hero-cta")},
			},
			rates: map[string]float64{"control": .08, "harvest": .14, "question": .09},
		},
		{
			input: ExperimentInput{
				Key: new("demo-button"), Name: new("Colour of the cart button"), URL: new("/products/*"), Allocator: new("sequential"),
				Hypothesis: new("A button that stands out gets more seeds into the cart."),
				Variants: []VariantInput{
					{Key: new("control"), Name: new("Original"), IsControl: new(true)},
					{Key: new("bold"), Name: new("Stands out"), Changes: []ChangeInput{
						change("#add-to-cart", "style", "background-color", "#b52a22"), change("#add-to-cart", "style", "color", "#fffaf0")}},
				},
				Goals: []GoalInput{goalOf("add-to-cart", "Adds to the cart", "click", "selector", "#add-to-cart")},
			},
			rates: map[string]float64{"control": .20, "bold": .22},
		},
		{
			input: ExperimentInput{
				Key: new("demo-promise"), Name: new("Without the promise"), URL: new("/products/*"), Allocator: new("sequential"),
				Hypothesis: new("Nobody misses the promise under the button."),
				Variants: []VariantInput{
					{Key: new("control"), Name: new("Original"), IsControl: new(true)},
					{Key: new("without"), Name: new("Without the promise"), Changes: []ChangeInput{{Selector: new("#product-promise"), Action: new("hide")}}},
				},
				Goals: []GoalInput{goalOf("order", "Places an order", "url", "url", "/thanks")},
			},
			rates: map[string]float64{"control": .12, "without": .12},
		},
	}
}

func change(selector, action, name, value string) ChangeInput {
	c := ChangeInput{Selector: &selector, Action: &action, Value: &value}
	if name != "" {
		c.Name = &name
	}
	return c
}

func goalOf(key, name, kind, setting, value string) GoalInput {
	return GoalInput{Key: &key, Name: &name, Primary: new(true), Type: &kind, Config: map[string]any{setting: value}}
}

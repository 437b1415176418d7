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

// seeds plants one clear winner under smart traffic, one small effect and one test of nothing under a fair split.
func (d *Demo) seeds() []demoSeed {
	return []demoSeed{
		{
			input: ExperimentInput{
				Key: new("demo-headline"), Name: new("Headline of the home page"), URL: new("/"), Allocator: new("thompson"),
				Hypothesis: new("A headline that names the benefit brings more people to the featured product."),
				Variants: []VariantInput{
					{Key: new("control"), Name: new("Original"), IsControl: new(true)},
					{Key: new("benefit"), Name: new("Names the benefit"), Changes: []ChangeInput{text("#hero-title", demoBenefit)}},
					{Key: new("question"), Name: new("Asks a question"), Changes: []ChangeInput{text("#hero-title", demoQuestion)}},
				},
				Goals: []GoalInput{{Key: new("see-product"), Name: new("Opens the featured product"), Primary: new(true), Type: new("click"),
					Config: map[string]any{"selector": "#hero-cta"}}},
			},
			rates: map[string]float64{"control": .08, "benefit": .14, "question": .09},
		},
		{
			input: ExperimentInput{
				Key: new("demo-button"), Name: new("Colour of the cart button"), URL: new("/products/*"), Allocator: new("sequential"),
				Hypothesis: new("A button that stands out gets more products into the cart."),
				Variants: []VariantInput{
					{Key: new("control"), Name: new("Original"), IsControl: new(true)},
					{Key: new("bold"), Name: new("Stands out"), Changes: []ChangeInput{
						{Selector: new("#add-to-cart"), Action: new("style"), Name: new("background-color"), Value: new("#b3261e")},
						{Selector: new("#add-to-cart"), Action: new("style"), Name: new("color"), Value: new("#ffffff")}}},
				},
				Goals: []GoalInput{{Key: new("add-to-cart"), Name: new("Adds to the cart"), Primary: new(true), Type: new("click"),
					Config: map[string]any{"selector": "#add-to-cart"}}},
			},
			rates: map[string]float64{"control": .20, "bold": .22},
		},
		{
			input: ExperimentInput{
				Key: new("demo-trust"), Name: new("Trust strip at the checkout"), URL: new("/checkout"), Allocator: new("sequential"),
				Hypothesis: new("Hiding the trust strip makes no difference to orders."),
				Variants: []VariantInput{
					{Key: new("control"), Name: new("Original"), IsControl: new(true)},
					{Key: new("without"), Name: new("Without the strip"), Changes: []ChangeInput{{Selector: new(".trust"), Action: new("hide")}}},
				},
				Goals: []GoalInput{{Key: new("order"), Name: new("Places the order"), Primary: new(true), Type: new("url"),
					Config: map[string]any{"url": "/thanks"}}},
			},
			rates: map[string]float64{"control": .35, "without": .35},
		},
	}
}

func text(selector, value string) ChangeInput {
	return ChangeInput{Selector: &selector, Action: new("text"), Value: &value}
}

const (
	demoBenefit  = "Wake up to better coffee, delivered fresh"
	demoQuestion = "When did you last look forward to breakfast?"
)

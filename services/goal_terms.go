package services

import (
	"encoding/json"
	"math"
	"strings"
)

// terms are what a goal asks of the conversions it takes.
type terms struct {
	money    bool // judged by values
	currency string
	most     Decimal // of one conversion
	server   bool    // with a secret key only
}

// newTerms reads what a goal's settings ask for.
func newTerms(kind string, config []byte) terms {
	var c GoalConfig
	_ = json.Unmarshal(config, &c) // what cannot be read asks for nothing: it was valid when it was stored
	t := terms{money: kind == "revenue", currency: c.Currency, most: maxDecimal, server: c.Source == "server"}
	if c.Cap > 0 {
		t.most = Decimal(math.Round(c.Cap * decimalUnit))
	}
	return t
}

// refuse says why a conversion does not count for the goal; secret says that it came with a key of the account.
func (t terms) refuse(e Event, secret bool) *Problem {
	switch {
	case t.server && !secret:
		return &Problem{ServerOnly, "This goal takes conversions from your server only: send them with a secret key as bearer token."}
	case e.Currency != "" && !strings.EqualFold(e.Currency, t.currency):
		return &Problem{"wrong_currency", "The goal counts in another currency."}
	case e.Value != nil && (*e.Value > t.most || *e.Value < -t.most):
		return &Problem{"over_cap", "The value is more than the goal allows for one conversion."}
	case t.money && e.Value == nil:
		return &Problem{"no_value", "A revenue goal needs a value."}
	case t.money && e.ID == "":
		return &Problem{"no_id", "A revenue goal needs an event id, or a repeat would count twice."}
	}
	return nil
}

// ServerOnly is why a goal refuses a conversion that came without a secret key.
const ServerOnly = "server_only"

// checkAmount looks at what does not depend on the goal.
func (e Event) checkAmount() *Problem {
	switch {
	case len(e.Order) > maxOrder || strings.ContainsFunc(e.Order, unprintable):
		return &Problem{"bad_order", "An order is named by at most 128 bytes that can be printed."}
	case e.Value != nil && *e.Value < 0 && e.Order == "":
		return &Problem{"bad_value", "A negative value is a refund: name the order that it takes back."}
	}
	return nil
}

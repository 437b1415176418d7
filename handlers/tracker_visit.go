package handlers

import (
	"encoding/json"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
)

// visitContext is what the asker tells of the visit.
type visitContext struct {
	URL       string            `json:"url"`
	UserAgent string            `json:"user_agent"`
	Device    string            `json:"device"`
	Referrer  *string           `json:"referrer"`
	IP        string            `json:"ip"`
	Country   string            `json:"country"`
	Email     string            `json:"email"`
	UTM       map[string]string `json:"utm"`
	Cookies   map[string]string `json:"cookies"`
	Headers   map[string]string `json:"headers"`
	Returning *bool             `json:"returning"`
}

// visit is what rules are judged by. Only a browser sends an Origin: then its own address, user agent and headers count, whatever
// it tells of others.
func (v *visitContext) visit(c echo.Context) services.Visit {
	out := services.Visit{URL: v.URL, UserAgent: v.UserAgent, Device: v.Device, Address: v.IP, Country: v.Country, Email: v.Email,
		UTM: v.UTM, Cookies: v.Cookies, Headers: v.Headers, Returning: v.Returning}
	if v.Referrer != nil {
		out.Referrer, out.NoReferrer = *v.Referrer, *v.Referrer == ""
	}
	if c.Request().Header.Get("Origin") != "" {
		out.Asker = asker{c}
	}
	return out
}

// forceRequest is the arm to show in a preview: its key, or one for each element.
type forceRequest struct{ services.Force }

func (f *forceRequest) UnmarshalJSON(b []byte) error {
	var arm string
	if json.Unmarshal(b, &arm) == nil && arm != "" {
		f.Force = services.Force{"": arm}
		return nil
	}
	return json.Unmarshal(b, &f.Force)
}

// asker is a browser that asks for itself.
type asker struct{ c echo.Context }

func (a asker) UserAgent() string         { return a.c.Request().UserAgent() }
func (a asker) Address() string           { return a.c.RealIP() }
func (a asker) Header(name string) string { return a.c.Request().Header.Get(name) }

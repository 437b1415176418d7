package services

import (
	"slices"
	"strings"
)

// GoalConfig says when a goal is reached, and which conversions it takes; which of the first settings it has depends on the goal's type.
type GoalConfig struct {
	Selector   string `json:"selector,omitempty" doc:"click: what is clicked; form: the form; trigger seen: what is seen"`
	Success    string `json:"success,omitempty" doc:"form: what shows on the page that the form was taken; left out, sending it is enough"`
	URL        string `json:"url,omitempty" doc:"url: pattern of the page that is reached"`
	Name       string `json:"name,omitempty" doc:"custom, revenue: the event's name, the goal's key when empty"`
	Trigger    string `json:"trigger,omitempty" enum:"scroll,engaged,seen,datalayer" doc:"custom: what reaches the goal by itself, in place of a call; revenue: datalayer only"`
	Percent    int    `json:"percent,omitempty" enum:"25,50,75,90" doc:"trigger scroll: how far down the page"`
	Seconds    int    `json:"seconds,omitempty" doc:"trigger engaged: 1 to 3600 with the page in sight and in focus"`
	WindowDays int    `json:"window_days" doc:"Days after first exposure in which a conversion counts"`

	Currency string  `json:"currency,omitempty" doc:"ISO 4217 code that values are in; revenue requires one"`
	Source   string  `json:"source,omitempty" enum:"server" doc:"server: conversions are taken with a secret key only"`
	Cap      float64 `json:"cap,omitempty" doc:"Most that one conversion may be worth; 10^9 when left out"`
}

// goalSettings are the settings of each type of goal beside those that all have.
var goalSettings = map[string][]string{"click": {"selector"}, "url": {"url"}, "form": {"selector", "success"},
	"custom": {"name", "trigger", "percent", "seconds", "selector"}, "revenue": {"name", "trigger"}}

// text is where a setting that is text goes.
func (c *GoalConfig) text(name string) *string {
	return map[string]*string{"selector": &c.Selector, "success": &c.Success, "url": &c.URL, "name": &c.Name, "trigger": &c.Trigger,
		"currency": &c.Currency, "source": &c.Source}[name]
}

// goalConfig reads the settings that go with a goal's type and refuses all others.
func (f Fields) goalConfig(at, kind string, in map[string]any) GoalConfig {
	c := GoalConfig{WindowDays: defaultWindow}
	own, known := goalSettings[kind]
	switch {
	case kind == "":
		f.add(at+".type", "required", "Is required: click, url, form, custom or revenue.")
		return c
	case !known:
		f.add(at+".type", "unknown", "Must be click, url, form, custom or revenue.")
		return c
	}
	path := at + ".config."
	for name, value := range in {
		text, isText := value.(string)
		switch {
		case value == nil:
		case name == "window_days":
			c.WindowDays = f.window(path+name, value)
		case name == "cap":
			c.Cap = f.cap(path+name, value)
		case !slices.Contains(own, name) && name != "currency" && name != "source":
			f.add(path+name, "unknown", "Is not a setting of this type of goal.")
		case name == "percent":
			c.Percent = f.percent(path+name, value)
		case name == "seconds":
			c.Seconds = f.seconds(path+name, value)
		case !isText:
			f.add(path+name, "wrong_type", "Must be text.")
		default:
			*c.text(name) = text
		}
	}
	f.goalReached(path, kind, &c)
	c.Currency = f.currency(path+"currency", c.Currency, kind == "revenue")
	if c.Source != "" && c.Source != "server" {
		f.add(path+"source", "unknown", "Must be server, or left out: anybody who knows the token.")
	}
	return c
}

// goalReached checks what reaches a goal.
func (f Fields) goalReached(path, kind string, c *GoalConfig) {
	switch kind {
	case "click":
		c.Selector = f.selector(path+"selector", c.Selector)
	case "form":
		c.Selector = f.selector(path+"selector", c.Selector)
		if c.Success = strings.TrimSpace(c.Success); c.Success != "" {
			c.Success = f.selector(path+"success", c.Success)
		}
	case "url":
		c.URL = f.pattern(path+"url", c.URL, true)
	default:
		c.Name = f.line(path+"name", c.Name, maxName, false)
		f.trigger(path, kind, c)
	}
}

// trigger checks that what reaches a goal by itself has the settings that it needs, and no others.
func (f Fields) trigger(path, kind string, c *GoalConfig) {
	switch {
	case c.Trigger == "":
	case kind == "revenue" && c.Trigger != "datalayer":
		f.add(path+"trigger", "unknown", "Must be datalayer, or left out: values come with a call or with an event of the data layer.")
		return
	case !slices.Contains([]string{"scroll", "engaged", "seen", "datalayer"}, c.Trigger):
		f.add(path+"trigger", "unknown", "Must be scroll, engaged, seen or datalayer, or left out: your code reaches the goal.")
		return
	}
	f.belongs(path+"percent", c.Trigger == "scroll", c.Percent != 0, "how far down the page, 25, 50, 75 or 90")
	f.belongs(path+"seconds", c.Trigger == "engaged", c.Seconds != 0, "how many seconds")
	if f.belongs(path+"selector", c.Trigger == "seen", c.Selector != "", "what is seen") {
		c.Selector = f.selector(path+"selector", c.Selector)
	}
}

// belongs wants a setting exactly where it has a meaning, and says whether it is there.
func (f Fields) belongs(path string, wanted, given bool, what string) bool {
	switch {
	case wanted && !given:
		if _, wrong := f[path]; !wrong {
			f.add(path, "required", "Is required: "+what+".")
		}
	case given && !wanted:
		f.add(path, "unexpected", "Has no meaning for this trigger.")
	}
	return wanted && given
}

func (f Fields) percent(path string, value any) int {
	n, whole := wholeNumber(value)
	if !whole || !slices.Contains([]int{25, 50, 75, 90}, n) {
		f.add(path, "range", "Must be 25, 50, 75 or 90.")
	}
	return n
}

func (f Fields) seconds(path string, value any) int {
	n, whole := wholeNumber(value)
	if !whole || n < 1 || n > maxEngaged {
		f.add(path, "range", "Must be a whole number of seconds from 1 to 3600.")
	}
	return n
}

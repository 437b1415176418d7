package views

import (
	"strings"

	"github.com/a-h/templ"
)

// field is one labelled input: label above, help under, the error beside it in words.
type field struct {
	Name, Label, Help string
	Error             string // message id or sentence
	Type              string // of the input; empty is text
	Value             string
	Placeholder       string
	Suffix            string // unit behind the input, such as %
	Autocomplete      string
	Inputmode         string
	Max               int // characters
	Optional          bool
	Unsaid            bool // the words around it say that it is optional
	Focus             bool // where typing starts when nothing is wrong
	Mono              bool // a selector or an address
	Hidden            bool // the label is for screen readers alone
}

// fieldID makes a name usable as an id: goals[0][type] is goals-0-type.
func fieldID(name string) string {
	return strings.Trim(strings.NewReplacer("][", "-", "[", "-", "]", "").Replace(name), "-")
}

// attributes are what every kind of input has: identity, state and what describes it.
func (f field) attributes() templ.Attributes {
	attrs := templ.Attributes{"id": fieldID(f.Name), "name": f.Name}
	var describedBy []string
	if f.Error != "" {
		attrs["aria-invalid"] = "true"
		attrs["autofocus"] = true
		describedBy = append(describedBy, fieldID(f.Name)+"-error")
	} else if f.Focus {
		attrs["autofocus"] = true
	}
	if f.Help != "" {
		describedBy = append(describedBy, fieldID(f.Name)+"-help")
	}
	if len(describedBy) > 0 {
		attrs["aria-describedby"] = strings.Join(describedBy, " ")
	}
	if !f.Optional {
		attrs["required"] = true
	}
	if f.Max > 0 {
		attrs["maxlength"] = f.Max
	}
	for name, value := range map[string]string{"type": f.Type, "placeholder": f.Placeholder, "autocomplete": f.Autocomplete, "inputmode": f.Inputmode} {
		if value != "" {
			attrs[name] = value
		}
	}
	if f.Mono {
		attrs["spellcheck"], attrs["autocapitalize"] = "false", "none"
	}
	return attrs
}

// option is one choice of a select or of radio cards.
type option struct {
	Value, Label, Help string
}

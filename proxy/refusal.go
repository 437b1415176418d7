package proxy

import "fmt"

// Rules by which an address or an answer is refused.
const (
	RuleURL      = "url"      // not an http or https address, or one with a password in it
	RulePort     = "port"     // not one of the ports of the web
	RuleAddress  = "address"  // not on the public Internet
	RuleOwn      = "own"      // this server itself
	RuleRedirect = "redirect" // too many hops, or from https to http
	RuleSize     = "size"     // more bytes, or more compressed ones, than allowed
	RuleSlow     = "slow"     // took too long, or trickles
	RuleEncoding = "encoding" // a content encoding that was not asked for
	RuleStatus   = "status"   // an answer that is none, such as 101
)

// Refusal is a fetch that was not made or not finished, because of a rule. Whoever asked is told no more than the kind of rule.
type Refusal struct {
	Rule   string
	Detail string // for the log
}

func (r *Refusal) Error() string { return fmt.Sprintf("refused by rule %s: %s", r.Rule, r.Detail) }

func refuse(rule, format string, args ...any) *Refusal {
	return &Refusal{Rule: rule, Detail: fmt.Sprintf(format, args...)}
}

package services

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"

	"github.com/google/uuid"
	"github.com/gowebpki/jcs"

	"github.com/samplit/samplit/engine"
)

func experimentObject(id uuid.UUID) string { return "experiment:" + id.String() }

// audited is text as the audit keeps it: as it is when short, else its SHA-256, so that an entry has a bounded size.
func audited(text string) string {
	if len(text) <= 256 {
		return text
	}
	return "sha256:" + digest([]byte(text))
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func decimal(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// hashOf is the SHA-256 of a value's RFC 8785 form.
func hashOf(v any) (string, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("hash: %w", err)
	}
	canonical, err := jcs.Transform(raw)
	if err != nil {
		return "", fmt.Errorf("hash: %w", err)
	}
	return digest(canonical), nil
}

// auditDefinition is what the audit keeps of a definition: short values as they are, change lists and goals as hashes.
func auditDefinition(d Definition) (map[string]any, error) {
	params, err := json.Marshal(d.AllocatorParams)
	if err != nil {
		return nil, fmt.Errorf("allocator params: %w", err)
	}
	variants, err := auditVariants(d)
	if err != nil {
		return nil, err
	}
	pairs, err := d.pairsColumn()
	if err != nil {
		return nil, err
	}
	goals := make([]map[string]any, 0, len(d.Goals))
	for _, g := range d.Goals {
		hash, err := hashOf(g.Config)
		if err != nil {
			return nil, err
		}
		goals = append(goals, map[string]any{"key": g.Key, "role": g.Role, "type": g.Type, "config": hash})
	}
	rules, err := auditRules(d.Rules)
	if err != nil {
		return nil, err
	}
	out := map[string]any{
		"installation": d.InstallationID, "key": d.Key, "name": audited(d.Name), "hypothesis": audited(d.Hypothesis), "url": audited(d.URL),
		"mode": d.Mode, "allocator": d.Allocator, "strategy": orEmpty(d.Strategy), "allocator_params": audited(string(params)),
		"traffic_allocation": decimal(d.TrafficAllocation), "variants": variants, "goals": goals,
		"excluded_pairs": audited(string(pairs)),
	}
	maps.Copy(out, rules)
	return out, nil
}

// auditVariants names the element of each variant where there are several elements. A list that is too long is kept as its hash.
func auditVariants(d Definition) (any, error) {
	variants := []map[string]any{}
	for _, e := range d.Elements {
		for _, v := range e.Variants {
			hash, err := hashOf(v.Changes)
			if err != nil {
				return nil, err
			}
			entry := map[string]any{"key": v.Key, "weight": decimal(v.Weight), "changes": hash}
			if d.Mode != ModeSingle {
				entry["element"] = e.Key
			}
			variants = append(variants, entry)
		}
	}
	if len(variants) > maxVariants {
		hash, err := hashOf(variants)
		return "sha256:" + hash, err
	}
	return variants, nil
}

// auditRules keeps what is short as it is; the empty text is no rule. Exclusions name people and places, and an entry stays for ever:
// of them only the hash is kept.
func auditRules(r Rules) (map[string]any, error) {
	c, err := r.columns()
	if err != nil {
		return nil, err
	}
	out := map[string]any{"targeting": audited(string(c.targeting)), "schedule": audited(string(c.schedule)), "exclusions": "",
		"layer": audited(string(c.layer)), "holdout": audited(string(c.holdout))}
	if c.exclusions != nil {
		out["exclusions"] = "sha256:" + digest(c.exclusions)
	}
	return out, nil
}

// auditChange keeps the values that differ, old and new.
func auditChange(from, to Definition) (map[string]any, error) {
	before, err := auditDefinition(from)
	if err != nil {
		return nil, err
	}
	after, err := auditDefinition(to)
	if err != nil {
		return nil, err
	}
	was, is := map[string]any{}, map[string]any{}
	for name := range after {
		switch same, err := equalJSON(before[name], after[name]); {
		case err != nil:
			return nil, err
		case !same:
			was[name], is[name] = before[name], after[name]
		}
	}
	for _, list := range []string{"variants", "goals"} {
		if _, differs := was[list]; differs { // both in full would not fit: the old list is provable by its entry
			if was[list], err = hashOf(was[list]); err != nil {
				return nil, err
			}
		}
	}
	return map[string]any{"old": was, "new": is}, nil
}

func equalJSON(a, b any) (bool, error) {
	x, err := hashOf(a)
	if err != nil {
		return false, err
	}
	y, err := hashOf(b)
	return x == y, err
}

// auditWeights is an allocation as the audit keeps it: arms and their shares in 1/10,000; of many arms the shares alone, in order.
func auditWeights(arms []string, w engine.Weights) any {
	if len(arms) > maxVariants {
		return []int(w)
	}
	out := make(map[string]any, len(arms))
	for i, arm := range arms {
		out[arm] = w[i]
	}
	return out
}

// auditFirstWeights are those of the arms; where there are several splits, by the split's key.
func auditFirstWeights(splits []plannedSplit, weights []engine.Weights) any {
	if len(splits) == 1 {
		return auditWeights(splits[0].keys(), weights[0])
	}
	out := make(map[string]any, len(splits))
	for i, split := range splits {
		out[split.key] = auditWeights(split.keys(), weights[i])
	}
	return out
}

package stats

// Stratified returns each arm's mean standardised over strata, which are periods
// of constant weights and about constant conditions such as the days of an epoch:
//
//	Σ_t (n_t/n) x̄_t,i  with variance  Σ_t (n_t/n)² s²_t,i/n_t,i,
//
// where n_t are the visitors of all arms in stratum t and s² is the variance over
// n (p(1-p) for conversions). When weights and base rates move together, pooled
// means compare arms over different days (Simpson's paradox) and these do not.
//
// strata[t][i] are the totals of arm i in stratum t; all strata have the same
// arms, else it panics. Strata in which an arm has no visitors cannot compare and
// are left out; when none remain the estimates are zero, which is not OK. Thin
// strata make variances of 0; see MergeThin.
func Stratified(strata [][]Sums) []Estimate {
	var n float64
	used := strata[:0:0]
	for _, stratum := range strata {
		if len(stratum) != len(strata[0]) {
			panic("stats: strata of different lengths")
		}
		if complete(stratum) {
			used = append(used, stratum)
			n += visitors(stratum)
		}
	}
	if len(strata) == 0 {
		return nil
	}
	arms := make([]Estimate, len(strata[0]))
	for _, stratum := range used {
		share := visitors(stratum) / n
		for i, s := range stratum {
			arms[i].Mean += share * s.mean()
			arms[i].Variance += share * share * (s.variance() / s.N)
		}
	}
	for i := range arms {
		if !finite(arms[i].Mean, arms[i].Variance) {
			arms[i] = Estimate{}
		}
	}
	return arms
}

// complete reports whether every arm of the stratum has visitors.
func complete(stratum []Sums) bool {
	for _, s := range stratum {
		if !s.Known() {
			return false
		}
	}
	return len(stratum) > 0
}

func visitors(stratum []Sums) (n float64) {
	for _, s := range stratum {
		n += s.N
	}
	return n
}

// MergeThin joins consecutive strata until every arm of each has at least
// visitors; what is left over at the end joins the last one. Only strata of one
// set of weights may be merged, or the arms are mixed in different proportions:
// call it once per epoch. The result is empty when even all of them together are
// too thin.
func MergeThin(strata [][]Sums, least float64) [][]Sums {
	var merged [][]Sums
	var open []Sums
	for _, stratum := range strata {
		open = addArms(open, stratum)
		if thick(open, least) {
			merged, open = append(merged, open), nil
		}
	}
	if last := len(merged) - 1; open != nil && last >= 0 {
		merged[last] = addArms(merged[last], open)
	}
	return merged
}

func addArms(a, b []Sums) []Sums {
	if a != nil && len(a) != len(b) {
		panic("stats: strata of different lengths")
	}
	sum := make([]Sums, len(b))
	for i := range b {
		sum[i] = b[i]
		if a != nil {
			sum[i] = sum[i].Add(a[i])
		}
	}
	return sum
}

func thick(stratum []Sums, least float64) bool {
	for _, s := range stratum {
		if !(s.N >= least) {
			return false
		}
	}
	return true
}

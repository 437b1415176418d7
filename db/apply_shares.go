package db

// shares finds what rows have in common, so that a statement is told once: the place of each row's share in distinct, counted from 1.
func shares[R any, S comparable](rows []R, of func(R) S) (places []int32, distinct []S) {
	places = make([]int32, len(rows))
	known := map[S]int32{}
	for i, r := range rows {
		s := of(r)
		if known[s] == 0 {
			distinct = append(distinct, s)
			known[s] = int32(len(distinct))
		}
		places[i] = known[s]
	}
	return places, distinct
}

package simulate

import (
	"math"
	"math/rand/v2"
)

// binomial draws the number of successes in n trials: by inversion while few are expected, else by transformed
// rejection (BTRS of Hörmann 1993), whose time does not grow with n.
func binomial(r *rand.Rand, n int, p float64) int {
	switch {
	case n <= 0 || p <= 0:
		return 0
	case p >= 1:
		return n
	case n == 1:
		if r.Float64() < p {
			return 1
		}
		return 0
	case p > 0.5:
		return n - binomial(r, n, 1-p)
	case float64(n)*p < 10:
		return invertBinomial(r, n, p)
	}
	return rejectBinomial(r, n, p)
}

// invertBinomial adds up geometric waiting times between successes (Devroye 1986, X.4.3).
func invertBinomial(r *rand.Rand, n int, p float64) int {
	scale := 1 / math.Log1p(-p)
	x, left := 0, float64(n)
	for {
		left -= math.Floor(-r.ExpFloat64()*scale) + 1
		if left < 0 {
			return x
		}
		x++
	}
}

func rejectBinomial(r *rand.Rand, n int, p float64) int {
	size, q := float64(n), 1-p
	spread := math.Sqrt(size * p * q)
	b := 1.15 + 2.53*spread
	a := -0.0873 + 0.0248*b + 0.01*p
	c := size*p + 0.5
	quick := 0.92 - 4.2/b
	alpha := (2.83 + 5.1/b) * spread
	mode := math.Floor((size + 1) * p)
	for {
		u := r.Float64() - 0.5
		v := r.Float64()
		us := 0.5 - math.Abs(u)
		k := math.Floor((2*a/us+b)*u + c)
		if us >= 0.07 && v <= quick {
			return int(k)
		}
		if k < 0 || k > size {
			continue
		}
		v = math.Log(v * alpha / (a/(us*us) + b))
		if v <= (mode+0.5)*math.Log((mode+1)/(p/q*(size-mode+1)))+
			(size+1)*math.Log((size-mode+1)/(size-k+1))+
			(k+0.5)*math.Log(p/q*(size-k+1)/(k+1))+
			stirlingTail(mode)+stirlingTail(size-mode)-stirlingTail(k)-stirlingTail(size-k) {
			return int(k)
		}
	}
}

// stirlingTail is ln k! - ((k+½) ln(k+1) - (k+1) + ½ ln 2π).
func stirlingTail(k float64) float64 {
	if k < 10 {
		l, _ := math.Lgamma(k + 1)
		return l - ((k+0.5)*math.Log(k+1) - (k + 1) + 0.5*math.Log(2*math.Pi))
	}
	x := 1 / (k + 1)
	return (1.0/12 - (1.0/360-1.0/1260*x*x)*x*x) * x
}

// multinomial splits n by shares that sum to 1.
func multinomial(r *rand.Rand, n int, shares []float64, into []int) {
	rest := 1.0
	for i, share := range shares {
		if i == len(shares)-1 {
			into[i] = n
			return
		}
		into[i] = 0
		if rest > 0 {
			into[i] = binomial(r, n, share/rest)
		}
		n -= into[i]
		rest -= share
	}
}

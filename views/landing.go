package views

// promises are what the front page says: icon, title, text.
var promises = [][3]string{
	{"split", "landing.p1", "landing.p1_text"},
	{"scale", "landing.p2", "landing.p2_text"},
	{"shield-check", "landing.p3", "landing.p3_text"},
}

var (
	landingNames = []string{"landing.control", "landing.b", "landing.c"}
	landingLifts = []*Lift{
		nil,
		{Mean: 0.124, Low: 0.041, High: 0.21, Inner: &Interval{0.094, 0.154}},
		{Mean: -0.018, Low: -0.096, High: 0.061, Inner: &Interval{-0.046, 0.01}},
	}
)

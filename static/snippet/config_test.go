package snippet

import (
	"slices"
	"testing"
)

func TestLiteral(t *testing.T) {
	t.Parallel()
	for config, want := range map[string]string{
		`{"v":1, "x":[]}`:             `{v:1,x:[]}`,
		`{"seed":"seed","in":[1.50]}`: `{d:"seed",in:[1.50]}`,
		`{"fingerprint":{"tag":"form","attributes":{"action":"/buy","data-x":"1"}},"selector":"a"}`: `{f:{"tag":"form","attributes":{"action":"/buy","data-x":"1"}},s:"a"}`,
		`{"a b":null,"":true}`:           `{"a b":null,"":true}`,
		`{"value":"</script>\u2028\"'"}`: `{u:"\u003c/script\u003e\u2028\"'"}`,
	} {
		if got, err := literal([]byte(config), ""); err != nil || string(got) != want {
			t.Errorf("%s: got %s (%v), want %s", config, got, err, want)
		}
	}
	for _, config := range []string{``, `{`, `[1`, `{"x":}`, `{"fingerprint":`, `{"x":[1,]}`} {
		if got, err := literal([]byte(config), ""); err == nil {
			t.Errorf("%s: got %s, want an error", config, got)
		}
	}
}

func TestLiteralOfAPathOfThePage(t *testing.T) {
	t.Parallel()
	const config = `{"v":1,"token":"inst_1","base":"https://t.example","x":[{"key":"base:\"https://t.example\""}]}`
	const want = `{v:1,token:"inst_1",base:location.origin+"/_smp",x:[{key:"base:\"https://t.example\""}]}`
	if got, err := literal([]byte(config), "/_smp"); err != nil || string(got) != want {
		t.Errorf("got %s (%v), want %s", got, err, want)
	}
}

func TestNamesAreDistinct(t *testing.T) {
	t.Parallel()
	taken := []string{"v", "x", "id"} // of a configuration, and short already
	for name, short := range Names {
		if slices.Contains(taken, short) {
			t.Errorf("%s is not the only %s", name, short)
		}
		taken = append(taken, short)
	}
}

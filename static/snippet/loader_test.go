package snippet

import "testing"

func TestAsync(t *testing.T) {
	t.Parallel()
	got := Async([]byte("loader();\n"), `<script src="https://samplit.example/s/inst_1.js"></script>`)
	want := "<script>loader();</script>\n" + `<script async blocking="render" src="https://samplit.example/s/inst_1.async.js"></script>`
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

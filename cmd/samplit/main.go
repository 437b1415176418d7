// Command samplit is the whole product: web server, background work, private PostgreSQL and the tools around them.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
	"github.com/joho/godotenv"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal asks to stop in order; with the handler gone the second one ends the process.
	context.AfterFunc(ctx, stop)
	if err := godotenv.Load(); err != nil && !errors.Is(err, os.ErrNotExist) {
		fmt.Fprintln(os.Stderr, "samplit: .env:", err)
		os.Exit(exitUsage)
	}
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// Exit codes of every command but `audit verify`.
const (
	exitFine    = 0
	exitFailure = 1 // a finding, or something went wrong
	exitUsage   = 2
)

// exitCode ends a command, which has printed what there is to say, with a code of its own.
type exitCode int

// Error implements error.
func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// errFinding ends a command with exitFailure when everything worrying has been printed already.
var errFinding = errors.New("finding")

type commands struct {
	config

	Serve    serveCommand    `cmd:"" default:"withargs" help:"Run the web server, background jobs and, without DATABASE_URL, a private PostgreSQL."`
	Demo     demoCommand     `cmd:"" help:"Seed the demo account, shop and experiments; with --visitors, send simulated traffic."`
	Migrate  migrateCommand  `cmd:"" help:"Bring the database schema up to date, or show where it stands."`
	Keys     keysCommand     `cmd:"" help:"Manage the keys of stored state."`
	Recount  recountCommand  `cmd:"" help:"Recompute all counts from raw events and print differences."`
	Audit    auditCommand    `cmd:"" offline:"" help:"Check records of changes."`
	Calc     calcCommand     `cmd:"" offline:"" help:"Answer statistical questions, JSON lines on standard input."`
	Analyze  analyzeCommand  `cmd:"" offline:"" help:"Judge a test from a CSV file."`
	Edge     edgeCommand     `cmd:"" offline:"" help:"Serve a site's experiments in its HTML, as a proxy before it."`
	Simulate simulateCommand `cmd:"" offline:"" help:"Play a scenario with known rates through the engine, many times."`
}

// run is the program without the process: it returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var c commands
	code := -1
	parser, err := kong.New(&c, kong.Name("samplit"), kong.Description("Self-hosted A/B testing and adaptive optimisation."),
		kong.Writers(stdout, stderr), kong.UsageOnError(), kong.Exit(func(n int) { code = n }),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(&streams{stdin, stdout, stderr}))
	if err != nil {
		fmt.Fprintln(stderr, "samplit:", err)
		return exitUsage
	}
	command, err := parser.Parse(args)
	if code >= 0 { // --help
		return code
	}
	if err != nil {
		fmt.Fprintf(stderr, "samplit: %v; see samplit --help\n", err)
		return exitUsage
	}
	// What touches neither database nor network works whatever the settings of the server are.
	if err := c.check(); err != nil && !offline(command.Path) {
		fmt.Fprintf(stderr, "samplit: configuration:\n  %s\n", strings.ReplaceAll(err.Error(), "\n", "\n  "))
		return exitUsage
	}
	var exit exitCode
	switch err := command.Run(&c.config); {
	case errors.As(err, &exit):
		return int(exit)
	case err == nil:
		return exitFine
	case errors.Is(err, errFinding):
		return exitFailure
	default:
		fmt.Fprintln(stderr, "samplit:", oneLine(err))
		return exitFailure
	}
}

// offline tells whether a command, or one above it, needs none of the server's settings.
func offline(path []*kong.Path) bool {
	return slices.ContainsFunc(path, func(p *kong.Path) bool { return p.Command != nil && p.Command.Tag.Has("offline") })
}

// streams are what a command reads and prints.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

func oneLine(err error) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(err.Error(), "\n", "; ")), " ")
}

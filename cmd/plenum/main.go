// SPDX-License-Identifier: AGPL-3.0-or-later

// Command plenum is an instance of Plenum and everything that its people do with
// it: set it up, serve it, publish, see who follows and what is on its way.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // the zones of events, on machines that have none

	"github.com/alecthomas/kong"
)

// version is what `plenum version` and NodeInfo say.
const version = "0.1.0"

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// commands is the table of everything plenum does.
type commands struct {
	Config string `help:"The configuration file; without it PLENUM_CONFIG, then ./plenum.toml." placeholder:"FILE" env:"PLENUM_CONFIG"`
	JSON   bool   `name:"json" help:"Print JSON, for scripts."`

	Demo       demoCmd       `cmd:"" help:"See it work: three instances on this machine whose co-ops follow each other."`
	Quickstart quickstartCmd `cmd:"" help:"Set up an instance with its first co-op."`
	Serve      serveCmd      `cmd:"" help:"Run the instance."`
	Coop       coopCmd       `cmd:"" help:"Co-ops: add, list, show, set, rotate-key, remove."`
	Member     memberCmd     `cmd:"" help:"The people behind a co-op: add, invite, list, role, remove, disable, reset, sessions."`
	Token      tokenCmd      `cmd:"" help:"Bearer tokens for the outbox API: create, list, revoke."`
	Login      loginCmd      `cmd:"" help:"Be let in at an instance elsewhere, to post from here."`
	Logout     logoutCmd     `cmd:"" help:"End a login."`
	Whoami     whoamiCmd     `cmd:"" help:"Where you are logged in, and who you are there."`
	Post       postCmd       `cmd:"" help:"Publish Markdown files; list, show, edit, cancel, delete posts."`
	Media      mediaCmd      `cmd:"" help:"Pictures and files of posts: add, list, remove."`
	Proposal   proposalCmd   `cmd:"" help:"What somebody else has to agree to: list, show, accept, reject."`
	Follower   followerCmd   `cmd:"" help:"Who follows a co-op: list, approve, reject, remove."`
	Following  followingCmd  `cmd:"" help:"Whom a co-op follows: list, add, remove."`
	Comment    commentCmd    `cmd:"" help:"Replies to posts: list, show, hold, reject."`
	RSVP       rsvpCmd       `cmd:"" name:"rsvp" help:"Who comes to an event: list, accept, refuse."`
	Complaint  complaintCmd  `cmd:"" help:"What others complain about: list, close."`
	Block      blockCmd      `cmd:"" help:"Servers and accounts that are refused: add, list, remove, import, export."`
	Allow      allowCmd      `cmd:"" help:"Who alone is let in, with an allow-list: add, list, remove."`
	Decision   decisionCmd   `cmd:"" help:"Who decided what, and why: list."`
	Queue      queueCmd      `cmd:"" help:"Deliveries and why they wait: list, show, retry, hold, drop."`
	Backup     backupCmd     `cmd:"" help:"Copy the instance while it runs."`
	Verify     verifyCmd     `cmd:"" help:"Check every row and index of the database."`
	GC         gcCmd         `cmd:"" name:"gc" help:"Remove what has served its time, as happens once a day."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
}

// run is the program: what main does, but for the process around it.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var cli commands
	exited := -1 // kong prints help and means to leave
	parser, err := kong.New(&cli, kong.Name("plenum"), kong.Writers(stdout, stderr), kong.Exit(func(code int) { exited = code }),
		kong.Description("Plenum publishes the reports, meetups and talks of tech co-operatives to the fediverse."),
		kong.Help(printHelp), kong.ValueFormatter(func(v *kong.Value) string { return v.Help }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true, WrapUpperBound: 80}))
	if err != nil {
		return failed(stderr, err, nil)
	}
	if len(args) > 0 && args[0] == "--version" {
		args = append([]string{"version"}, args[1:]...)
	}
	c, err := sorted(parser, args)
	if err != nil {
		return failed(stderr, badUsage{err}, c.words)
	}
	if c.help {
		c.rest = []string{"--help"}
	}
	parsed, err := parser.Parse(append(c.words, c.rest...))
	if exited >= 0 {
		return exited
	}
	if err != nil {
		return failed(stderr, misused(err, c.words), c.words)
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	app := &app{config: cli.Config, json: cli.JSON, stdin: stdin, stdout: stdout, stderr: stderr}
	if err := parsed.Run(app); err != nil {
		return failed(stderr, err, c.words)
	}
	return exitDone
}

type versionCmd struct{}

// Help is shown by `plenum help version`.
func (versionCmd) Help() string { return "Example: plenum version" }

// Run prints the version.
func (versionCmd) Run(a *app) error {
	if a.json {
		return a.print(map[string]string{"version": version})
	}
	fmt.Fprintf(a.stdout, "plenum %s\n", version)
	return nil
}

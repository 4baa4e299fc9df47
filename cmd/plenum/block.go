// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"plenum/coop"
	"plenum/handlers"
)

const rulesPath = "/control/moderation/rules"

type blockCmd struct {
	Add    blockAddCmd    `cmd:"" help:"Refuse a server or an account, or silence it."`
	List   blockListCmd   `cmd:"" help:"List what is blocked."`
	Remove blockRemoveCmd `cmd:"" help:"Block no longer."`
	Import blockImportCmd `cmd:"" help:"Take over a list of blocks, as Mastodon exports it."`
	Export blockExportCmd `cmd:"" help:"Print the blocks of servers, as Mastodon imports them."`
}

// Help is shown by `plenum help block`.
func (blockCmd) Help() string {
	return `Blocks count for all co-ops of the instance. Who is refused is not heard, gets
nothing, and what came from there is removed. The comments of who is silenced wait
for a decision, whatever the co-op says.

Examples:
  plenum block add bots.example --why "spam since Monday"
  plenum block add @troll@social.example --silence
  plenum block import blocks.csv`
}

type blockAddCmd struct {
	Target  string `arg:"" help:"A domain with all names below it, or an account: its id or its handle."`
	Silence bool   `help:"Only hold the comments from there."`
	Public  string `help:"Why, for everybody; it stands in the list that is exported." placeholder:"TEXT"`
	reason
}

// Help is shown by `plenum help block add`.
func (blockAddCmd) Help() string {
	return `Followers, follows, comments, reactions and RSVPs from there are removed, and do
not come back when the block is removed. Nobody there is told.

Examples:
  plenum block add bots.example --why "spam since Monday"
  plenum block add https://social.example/users/troll`
}

// Run blocks a server or an account.
func (b blockAddCmd) Run(ctx context.Context, a *app) error {
	in := handlers.RuleInput{Target: b.Target, Level: coop.RuleRefuse, Public: b.Public, Why: b.Why}
	said := "%s is refused: nothing comes from there, nothing goes there, and what came is gone."
	if b.Silence {
		in.Level, said = coop.RuleSilence, "%s is silenced: comments from there wait for a decision."
	}
	return a.rule(ctx, in, said)
}

// rule decides about a domain or an account.
func (a *app) rule(ctx context.Context, in handlers.RuleInput, said string) error {
	return a.with(ctx, func(d *desk) error {
		var done handlers.RuleInput
		if err := d.call(ctx, http.MethodPost, rulesPath, in, &done); err != nil {
			return err
		}
		if a.json {
			return a.print(done)
		}
		who := printable(in.Target)
		if !strings.EqualFold(done.Target, strings.TrimSuffix(in.Target, ".")) { // a handle or a page: whom its server says it is, so that one can see it
			who += " (" + printable(done.Target) + ")"
		}
		a.say(said, who)
		return nil
	})
}

type blockListCmd struct{}

// Help is shown by `plenum help block list`.
func (blockListCmd) Help() string { return "Example: plenum block list --json" }

// ruleWords are what is said of a rule in a list.
var ruleWords = map[coop.RuleLevel]string{coop.RuleRefuse: "refused", coop.RuleSilence: "silenced", coop.RuleAllow: "let in"}

// Run lists blocks.
func (blockListCmd) Run(ctx context.Context, a *app) error {
	return a.rules(ctx, "Nothing is blocked.", coop.RuleRefuse, coop.RuleSilence)
}

// rules lists the rules of some levels.
func (a *app) rules(ctx context.Context, empty string, levels ...coop.RuleLevel) error {
	return a.with(ctx, func(d *desk) error {
		var all []coop.Rule
		for _, l := range levels {
			var some []coop.Rule
			if err := d.call(ctx, http.MethodGet, query(rulesPath, "level", string(l)), nil, &some); err != nil {
				return err
			}
			all = append(all, some...)
		}
		if a.json {
			return printAll(a, all)
		}
		rows := make([][]string, len(all))
		for i, r := range all {
			what := ruleWords[r.Level]
			if r.Level == coop.RuleRefuse && r.Swept.IsZero() {
				what += ", being removed"
			}
			rows[i] = []string{r.Target, what, r.At.Format(time.DateOnly), r.By, cmp.Or(r.Why, "-"), cmp.Or(r.Public, "-")}
		}
		return a.table(empty, "WHO\tWHAT\tSINCE\tBY\tWHY\tPUBLICLY", rows)
	})
}

type blockRemoveCmd struct {
	Target string `arg:"" help:"The domain or the actor's id, as the list shows it."`
	reason
}

// Help is shown by `plenum help block remove`.
func (blockRemoveCmd) Help() string {
	return `What was removed when the block was made does not come back: who followed from
there has to follow again.

Example: plenum block remove social.example --why "they have new admins"`
}

// Run removes a block.
func (b blockRemoveCmd) Run(ctx context.Context, a *app) error {
	return a.rule(ctx, handlers.RuleInput{Target: b.Target, Level: handlers.NoRule, Of: "block", Why: b.Why}, "%s is blocked no more.")
}

type blockImportCmd struct {
	File string `arg:"" help:"CSV: #domain,#severity,… as Mastodon exports it, or domains alone."`
	reason
}

// Help is shown by `plenum help block import`.
func (blockImportCmd) Help() string {
	return `suspend becomes a refusal, silence a silence. What is decided about a domain
already stays as it is. Names that were made unreadable with * are left out.

Example: plenum block import blocks.csv --why "the list of our network"`
}

// maxToldOf is how many lines that were left out are named.
const maxToldOf = 50

// Run takes over a list.
func (b blockImportCmd) Run(ctx context.Context, a *app) error {
	list, err := os.ReadFile(b.File)
	if os.IsNotExist(err) {
		return withHint(fmt.Errorf("there is no file %s", b.File), "name a list in CSV; Mastodon exports one under Moderation, Federation")
	}
	if err != nil {
		return err
	}
	return a.with(ctx, func(d *desk) error {
		var done coop.Imported
		if err := d.call(ctx, http.MethodPost, query(rulesPath+".csv", "why", b.Why), list, &done); err != nil {
			return err
		}
		if a.json {
			return a.print(done)
		}
		a.say("%d added, %d known already, %d left out.", done.Added, done.Known, len(done.Skipped))
		for i, s := range done.Skipped {
			if i == maxToldOf {
				a.say("  and %d more; --json has them all", len(done.Skipped)-i)
				break
			}
			a.say("  line %d: %s: %s", s.Line, printable(s.Text), printable(s.Why))
		}
		return nil
	})
}

type blockExportCmd struct{}

// Help is shown by `plenum help block export`.
func (blockExportCmd) Help() string {
	return `Blocks of single accounts have no place in such a list. Of the reasons only the
public ones are in it.

Example: plenum block export > blocks.csv`
}

// Run prints the blocks of servers.
func (blockExportCmd) Run(ctx context.Context, a *app) error {
	return a.with(ctx, func(d *desk) error {
		var list []byte
		if err := d.call(ctx, http.MethodGet, rulesPath+".csv", nil, &list); err != nil {
			return err
		}
		if a.json {
			return a.print(map[string]string{"csv": string(list)})
		}
		_, err := a.stdout.Write(list)
		return err
	})
}

type allowCmd struct {
	Add    allowAddCmd    `cmd:"" help:"Let a server or an account in."`
	List   allowListCmd   `cmd:"" help:"List who is let in."`
	Remove allowRemoveCmd `cmd:"" help:"Let somebody in no longer."`
}

// Help is shown by `plenum help allow`.
func (allowCmd) Help() string {
	return `Counts where federation.allow_list = true stands in the configuration: then
nobody else is heard or told anything.

Example: plenum allow add social.example`
}

type allowAddCmd struct {
	Target string `arg:"" help:"A domain with all names below it, or an account: its id; its handle only while others are heard too."`
	reason
}

// Help is shown by `plenum help allow add`.
func (allowAddCmd) Help() string {
	return `It takes the place of a block of the same server or account.

Example: plenum allow add social.example --why "our members are there"`
}

// Run lets somebody in.
func (l allowAddCmd) Run(ctx context.Context, a *app) error {
	return a.rule(ctx, handlers.RuleInput{Target: l.Target, Level: coop.RuleAllow, Why: l.Why}, "%s is let in.")
}

type allowListCmd struct{}

// Help is shown by `plenum help allow list`.
func (allowListCmd) Help() string { return "Example: plenum allow list" }

// Run lists who is let in.
func (allowListCmd) Run(ctx context.Context, a *app) error {
	return a.rules(ctx, "Nobody is let in by name.", coop.RuleAllow)
}

type allowRemoveCmd struct {
	Target string `arg:"" help:"The domain or the actor's id, as the list shows it."`
	reason
}

// Help is shown by `plenum help allow remove`.
func (allowRemoveCmd) Help() string { return "Example: plenum allow remove social.example" }

// Run lets somebody in no longer.
func (l allowRemoveCmd) Run(ctx context.Context, a *app) error {
	return a.rule(ctx, handlers.RuleInput{Target: l.Target, Level: handlers.NoRule, Of: "allow", Why: l.Why}, "%s is let in by name no more.")
}

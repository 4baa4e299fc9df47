// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plenum/client"
	"plenum/coop"
)

// laptop is a folder on a machine without an instance, from which the one at a place
// is reached with a token.
func (p place) laptop(t *testing.T) (dir string, env []string) {
	t.Helper()
	token := strings.TrimSpace(plenum(t, "token", "create", "--config", p.config, "--coop", "coop", "--name", "laptop"))
	dir, config := t.TempDir(), t.TempDir()
	actor := p.url("/ap/coops/coop")
	err := client.RingOf(config, "").Put(t.Context(), client.Login{
		Host: p.domain, Coop: "coop", Origin: p.url(""), Actor: coop.IRI(actor), Outbox: coop.IRI(actor + "/outbox"), Followers: coop.IRI(actor + "/followers"),
		Upload: p.url("/api/media"), Access: token, Scope: "read write",
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir, []string{"XDG_CONFIG_HOME=" + config}
}

// files are posts, by their names.
var deskFiles = map[string]string{
	"report.md": "+++\nkind = \"report\"\ntitle = \"A report\"\nsummary = \"A teaser\"\nof = [\"meetup\"]\n+++\nText.\n",
	"meetup.md": "+++\nkind = \"meetup\"\ntitle = \"Meetup\"\nstart = %s\ntimezone = \"Europe/Berlin\"\nattendance = 40\nimage = { file = \"square.png\", alt = \"A square\", focus = [0.0, 0.5] }\n+++\nTwo talks.\n",
	"secret.md": "+++\nkind = \"note\"\nslug = \"secret\"\nvisibility = \"followers\"\n+++\nFor you alone.\n",
	"later.md":  "+++\nkind = \"report\"\ntitle = \"Later\"\nsummary = \"Not yet\"\npublish_at = 2027-12-01T09:00:00Z\n+++\nText.\n",
	"series.md": "+++\nkind = \"meetup\"\ntitle = \"Weekly\"\nstart = %s\ntimezone = \"Europe/Berlin\"\nrepeat = \"FREQ=WEEKLY;COUNT=3\"\nahead = 1\n+++\nEach week.\n",
}

// steps are done on both desks, one after the other.
var deskSteps = []string{
	"post meetup.md report.md", "post meetup.md report.md --json", "post secret.md", "post secret.md",
	"post later.md", "post list --state scheduled", "post draft later", "post list --state draft", "post list --state scheduled",
	"post publish later --when 2027-12-02T10:00:00Z", "post show later --json", "post publish later", "post publish later!", "post draft later.md!",
	"post list", "post list --limit 1", "post list --state published --json --limit 0!", "post show meetup --markdown", "post show meetup", "post show secret --markdown", "post show a-report --markdown", "post history meetup",
	"post edit meetup", "post show meetup --markdown", "post edit secret", "post show secret --markdown",
	"post cancel a-report!", "post cancel meetup --postponed", "post cancel meetup", "post show meetup --markdown", "post history meetup",
	"post series.md", "post list --state scheduled", "post series.md",
	"post delete secret", "post show secret!", "post delete nothing!",
	"media add square.png --alt Square --focus 0,1", "media add square.png", "media list", "media remove 01KB3Y6Q2ZM9T4X7V0R8W5N1EA!", "media add square.png --focus 7!",
	"post publish nothing!", "post nothing.md!",
}

// What is done over the control socket and what is done from elsewhere comes to the
// same, and is said in the same words.
func TestBothDesksDoTheSame(t *testing.T) {
	t.Parallel()
	here, there := setUp(t), setUp(t)
	here.serve(t)
	there.serve(t)
	dir, env := there.laptop(t)
	was := stepped(t, here, t.TempDir(), []string{"PLENUM_CONFIG=" + here.config})
	is := stepped(t, there, dir, env)
	for i, step := range deskSteps {
		if diff := cmp.Diff(was[i], is[i]); diff != "" {
			t.Errorf("plenum %s (-here +elsewhere):\n%s", step, diff)
		}
	}
	golden := filepath.Join("testdata", "desks.txt")
	got := ""
	for i, step := range deskSteps {
		got += "> plenum " + step + "\n" + was[i]
	}
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", golden, diff)
	}
}

// stepped does all steps in a folder, and returns what was printed by each.
func stepped(t *testing.T, p place, dir string, env []string) (said []string) {
	t.Helper()
	if err := square(dir); err != nil {
		t.Fatal(err)
	}
	soon := time.Now().AddDate(0, 1, 0).Format(time.DateOnly)
	for name, text := range deskFiles {
		if strings.Contains(text, "%s") {
			text = fmt.Sprintf(text, soon)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	plain := ordinary(p)
	for _, step := range deskSteps {
		words, fails := strings.CutSuffix(step, "!")
		cmd := command(strings.Fields(words)...)
		cmd.Dir = dir
		cmd.Env = append(append(cmd.Env, "EDITOR=sed -i s/talks/rounds/;s/alone/only/", "TZ=UTC"), env...)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Run(); (err != nil) != fails {
			t.Fatalf("plenum %s: %v\n%s\n%s", words, err, out.String(), p.logged(t))
		}
		said = append(said, plain(out.String()))
	}
	return said
}

var (
	anySelf = regexp.MustCompile(`"author":"[^"]*"`)
	anyID   = regexp.MustCompile(`\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b`)
	anyFile = regexp.MustCompile(`\b[0-9a-f]{64}\b`)
	anyTime = regexp.MustCompile(`\b20\d\d-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\d(?:Z|\b)| \d\d:\d\d:\d\d|)|\b20\d\d-\d\d-\d\d\b`)
	anyGap  = regexp.MustCompile(` {2,}`)
)

// ordinary makes of what two instances say the same: ids are numbered as they come.
func ordinary(p place) func(string) string {
	ids := map[string]string{}
	return func(s string) string {
		s = strings.NewReplacer(p.domain, "DOMAIN", whoami(), "WHO", "token laptop", "WHO").Replace(s)
		s = anySelf.ReplaceAllString(s, `"author":"SELF"`)
		s = anyID.ReplaceAllStringFunc(s, func(id string) string {
			if ids[id] == "" {
				ids[id] = fmt.Sprintf("ID%d", len(ids)+1)
			}
			return ids[id]
		})
		s = anyFile.ReplaceAllString(s, "FILE")
		return anyGap.ReplaceAllString(anyTime.ReplaceAllString(s, "DAY"), "  ")
	}
}

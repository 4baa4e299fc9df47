// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"plenum/coop"
	"plenum/handlers"
)

type mediaCmd struct {
	Add    mediaAddCmd    `cmd:"" help:"Keep a picture, a PDF or a calendar."`
	List   mediaListCmd   `cmd:"" help:"List files."`
	Remove mediaRemoveCmd `cmd:"" help:"Remove a file that no post shows."`
}

// Help is shown by `plenum help media`.
func (mediaCmd) Help() string {
	return `Files are seen by your co-op alone until a post shows them.

Example: plenum media add slides.pdf --alt "Slides of the talk"`
}

type mediaAddCmd struct {
	File string `arg:"" help:"A PNG, JPEG, GIF or WebP, a PDF or a calendar."`
	whose
	Alt   string `help:"What can be seen, for who does not see it; of a PDF what it is called." placeholder:"TEXT"`
	Focus string `help:"What must be seen where it is cut: two numbers from -1 to 1, from the left and from below." placeholder:"X,Y"`
}

// Help is shown by `plenum help media add`.
func (mediaAddCmd) Help() string {
	return `Prints the address of the file, for links and image in the front matter of a post.
Pictures are drawn anew, without what a camera writes into them.

Examples:
  plenum media add slides.pdf --alt "Slides of the talk"
  plenum media add room.jpg --alt "Forty people in a small room" --focus 0,0.5`
}

// upload is a file on its way.
type upload struct {
	name, alt string
	focus     *[2]float64
	raw       []byte
}

// form is the upload as a form. RFC 7578 §4.2
func (u upload) form() (form, error) {
	said := map[string]any{"type": "Document"}
	if u.alt != "" {
		said["name"] = u.alt
	}
	if u.focus != nil {
		said["focalPoint"] = u.focus
	}
	object, err := json.Marshal(said)
	if err != nil {
		return form{}, err
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	file, err := w.CreateFormFile("file", filepath.Base(u.name))
	if err != nil {
		return form{}, err
	}
	if _, err := file.Write(u.raw); err != nil {
		return form{}, err
	}
	if err := errorAfter(w.WriteField("object", string(object)), w.Close()); err != nil { // only what is closed is whole
		return form{}, err
	}
	return form{w.FormDataContentType(), body.Bytes()}, nil
}

// keep stores a file for a co-op.
func (d *desk) keep(ctx context.Context, name string, u upload) (handlers.MediaInfo, error) {
	var m handlers.MediaInfo
	if len(u.raw) > coop.MaxFile {
		return m, &coop.Error{Code: coop.TooLarge, Msg: fmt.Sprintf("it has %d MiB, and %d are possible", len(u.raw)>>20, coop.MaxFile>>20)}
	}
	f, err := u.form()
	if err != nil {
		return m, err
	}
	to := at("coops", name, "media")
	if d.login != nil {
		if to = d.login.Upload; to == "" {
			return m, coop.Fail(coop.Unsupported, "plenum.keep", d.login.Host+" takes no files")
		}
	}
	a, err := d.ask(ctx, http.MethodPost, to, f, "")
	if err != nil {
		return m, err
	}
	if d.login == nil {
		return m, json.Unmarshal(a.body, &m)
	}
	// AP says where it is, and the API of Plenum the rest
	return m, d.call(ctx, http.MethodGet, d.at("coops", name, "media", path.Base(a.location)), nil, &m)
}

// Run keeps a file.
func (m mediaAddCmd) Run(ctx context.Context, a *app) error {
	u := upload{name: m.File, alt: m.Alt}
	if m.Focus != "" {
		x, y, _ := strings.Cut(m.Focus, ",")
		px, err := strconv.ParseFloat(strings.TrimSpace(x), 64)
		py, err2 := strconv.ParseFloat(strings.TrimSpace(y), 64)
		if err != nil || err2 != nil || !(px >= -1 && px <= 1 && py >= -1 && py <= 1) {
			return badUsage{withHint(fmt.Errorf("--focus: %.40q is no point of a picture", m.Focus), "write two numbers from -1 to 1, as in --focus 0,0.5")}
		}
		u.focus = &[2]float64{px, py}
	}
	raw, err := os.ReadFile(m.File)
	if os.IsNotExist(err) {
		return withHint(fmt.Errorf("there is no file %s", m.File), "to see what is kept: plenum media list")
	}
	if err != nil {
		return err
	}
	u.raw = raw
	return a.withPosts(ctx, m.whose, func(d *desk, name string) error {
		name, err := d.theCoop(ctx, name)
		if err != nil {
			return err
		}
		info, err := d.keep(ctx, name, u)
		if err != nil {
			return fmt.Errorf("%s: %w", m.File, err)
		}
		if info.Name == "" && strings.HasPrefix(info.MediaType, "image/") {
			fmt.Fprintln(a.stderr, "plenum: who cannot see the picture is told nothing\nhint: add it again with --alt and what can be seen")
		}
		if a.json {
			return a.print(info)
		}
		fmt.Fprintln(a.stdout, info.URL)
		return nil
	})
}

type mediaListCmd struct {
	whose
	Limit int `help:"How many at most." default:"100"`
}

// Help is shown by `plenum help media list`.
func (mediaListCmd) Help() string { return "Example: plenum media list --coop hackspace" }

// Run lists files.
func (m mediaListCmd) Run(ctx context.Context, a *app) error {
	if m.Limit < 1 {
		return badUsage{withHint(errors.New("--limit: at least 1 is needed"), helpFor([]string{"media", "list"}))}
	}
	return a.withPosts(ctx, m.whose, func(d *desk, name string) error {
		name, err := d.theCoop(ctx, name)
		if err != nil {
			return err
		}
		all, more, err := pages[handlers.MediaInfo](ctx, d, query(d.at("coops", name, "media"), "limit", strconv.Itoa(min(m.Limit, 100))), m.Limit)
		if err != nil {
			return err
		}
		if a.json {
			return printAll(a, all)
		}
		rows := make([][]string, len(all))
		for i, f := range all {
			seen := "your co-op"
			if f.Open {
				seen = "everybody"
			}
			rows[i] = []string{string(f.ID), f.MediaType, fmt.Sprintf("%d kB", (f.Bytes+999)/1000), seen, string(f.URL), f.Name}
		}
		if err := a.table("There are no files.", "ID\tTYPE\tSIZE\tSEEN BY\tADDRESS\tNAME", rows); err != nil || !more {
			return err
		}
		a.say("There are more: take a larger --limit.")
		return nil
	})
}

type mediaRemoveCmd struct {
	ID string `arg:"" help:"The file's id, as the list shows it."`
	whose
}

// Help is shown by `plenum help media remove`.
func (mediaRemoveCmd) Help() string { return "Example: plenum media remove 01KB3Y6Q2ZM9T4X7V0R8W5N1EA" }

// Run removes a file.
func (m mediaRemoveCmd) Run(ctx context.Context, a *app) error {
	return a.withPosts(ctx, m.whose, func(d *desk, name string) error {
		name, err := d.theCoop(ctx, name)
		if err != nil {
			return err
		}
		id := path.Base(m.ID)
		if err := d.call(ctx, http.MethodDelete, d.at("coops", name, "media", id), nil, nil); err != nil {
			return err
		}
		if a.json {
			return a.print(map[string]string{"removed": id})
		}
		a.say("Removed %s.", id)
		return nil
	})
}

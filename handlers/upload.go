// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"plenum/activity"
	"plenum/coop"
)

// Bounds of an upload.
const (
	uploadTime  = 2 * time.Minute // 8 MiB within it are 70 kB a second
	uploadParts = 8               // of the form
	uploadMore  = 64 << 10        // bytes besides the file
	uploadsBusy = 8               // under way at once: each holds its bytes
)

// MediaInfo is a file that was stored.
type MediaInfo struct {
	coop.Media
	Object coop.IRI `json:"object_id"` // by which posts name it
	URL    coop.IRI `json:"url"`
}

func (s *Server) mediaInfo(m coop.Media) MediaInfo {
	return MediaInfo{Media: m, Object: s.Site.MediaObject(m.ID), URL: s.Site.Media(m.File)}
}

// uploadMedia keeps a file that a client sends as a form: `file`, and `object` with
// what it says of it. It answers with the id of the file and what that answers.
// https://www.w3.org/wiki/SocialCG/ActivityPub/MediaUpload
func (s *Server) uploadMedia(c echo.Context) error {
	t, who, err := s.token(c, "", coop.Write)
	if err != nil {
		return err
	}
	if !s.tokenUploads.charge(allowance(t), s.Limits.UploadsPerMinute, s.Now()) {
		return tooMany("too many files; try again in a minute")
	}
	m, body, err := s.upload(c, who)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Location", string(s.Site.MediaObject(m.ID)))
	h.Set("Cache-Control", "no-store")
	return c.Blob(http.StatusCreated, activityJSON, body)
}

// controlUpload is the same for who holds the data.
func (s *Server) controlUpload(c echo.Context) error {
	n, err := s.one(c)
	if err != nil {
		return err
	}
	m, _, err := s.upload(c, coop.Principal{Coop: n, Role: coop.Admin, By: holder(c)})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, s.mediaInfo(m))
}

func (s *Server) upload(c echo.Context, who coop.Principal) (coop.Media, []byte, error) {
	if s.uploading.Add(1) > uploadsBusy {
		s.uploading.Add(-1)
		return coop.Media{}, nil, &coop.Error{Code: coop.Unavailable, Op: "handlers.upload", Msg: "too many files are on their way; try again in a moment", Retry: 5 * time.Second}
	}
	defer s.uploading.Add(-1)
	file, object, err := readMultipart(c)
	if err != nil {
		return coop.Media{}, nil, err
	}
	return s.Fed.Upload(c.Request().Context(), who, file, object)
}

// readMultipart reads the two parts of an upload. What a file is called there, and what it
// is said to be, is not looked at. RFC 7578 §4. M02, M05.
func readMultipart(c echo.Context) (file, object []byte, err error) {
	const op = "handlers.readMultipart"
	kind, params, err := mime.ParseMediaType(c.Request().Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return nil, nil, coop.Fail(coop.Unsupported, op, "send the file as multipart/form-data, in the parts file and object")
	}
	if n := len(params["boundary"]); n == 0 || n > 70 { // RFC 2046 §5.1.1
		return nil, nil, coop.Fail(coop.Invalid, op, "the form has no usable boundary")
	}
	_ = http.NewResponseController(c.Response().Writer).SetWriteDeadline(time.Now().Add(uploadTime + time.Minute))
	raw, err := readWithin(c, coop.MaxFile+uploadMore, uploadTime)
	if coop.CodeOf(err) == coop.TooLarge {
		drain(c)
		return nil, nil, tooLargeFile(op)
	}
	if err != nil {
		return nil, nil, err
	}
	form := multipart.NewReader(bytes.NewReader(raw), params["boundary"])
	for range uploadParts + 1 {
		p, err := form.NextRawPart()
		if errors.Is(err, io.EOF) {
			if file == nil {
				return nil, nil, coop.Wrong("file", "the form has no part called file")
			}
			return file, object, nil
		}
		if err != nil {
			return nil, nil, &coop.Error{Code: coop.Invalid, Op: op, Msg: "the form cannot be read, or did not arrive whole", Err: err}
		}
		if err := readPart(p, &file, &object); err != nil {
			return nil, nil, err
		}
	}
	return nil, nil, coop.Fail(coop.Invalid, op, "the form has more parts than file and object")
}

func tooLargeFile(op string) error {
	return &coop.Error{Code: coop.TooLarge, Op: op, Member: "file", Msg: "a file may have 8 MiB; this one is larger"}
}

// drained is how much of a form that is too large is still read.
const drained = 64 << 20

// drain reads what a member still sends of a form that is too large, as a picture
// straight from a camera may be: most programs and all browsers read the answer when
// they have sent everything, and would find the connection closed.
func drain(c echo.Context) {
	r := c.Request()
	if r.ContentLength > drained {
		return
	}
	conn := http.NewResponseController(c.Response().Writer)
	_ = conn.SetReadDeadline(time.Now().Add(30 * time.Second))
	_, _ = io.CopyN(io.Discard, r.Body, drained) // who stops sending is answered all the same
	_ = conn.SetReadDeadline(time.Time{})
}

func readPart(p *multipart.Part, file, object *[]byte) error {
	to, most := file, int64(coop.MaxFile)
	switch p.FormName() {
	case "file":
	case "object":
		to, most = object, min(activity.MaxBody, uploadMore)
	default: // what other clients add is not ours to know
		return nil
	}
	if *to != nil {
		return coop.Wrong(p.FormName(), "the form has this part twice")
	}
	b, err := io.ReadAll(io.LimitReader(p, most+1))
	if err != nil {
		return &coop.Error{Code: coop.Invalid, Op: "handlers.readPart", Member: p.FormName(), Msg: "the form did not arrive whole", Err: err}
	}
	if int64(len(b)) > most && to == object {
		return &coop.Error{Code: coop.TooLarge, Op: "handlers.readPart", Member: "object", Msg: "what is said of a file may have 64 KiB; this is more"}
	}
	if int64(len(b)) > most {
		if to == object {
			return &coop.Error{Code: coop.TooLarge, Op: "handlers.readPart", Member: "object", Msg: "what the form says of the file is too long"}
		}
		return tooLargeFile("handlers.readPart")
	}
	*to = append([]byte{}, b...)
	return nil
}

// listMedia are the files of a co-op, the newest first.
func (s *Server) listMedia(c echo.Context, who coop.Principal) (any, error) {
	all, err := s.Shelf.MediaOf(c.Request().Context(), who.Coop, coop.ID(c.QueryParam("before")), rows(c)+1)
	if err != nil {
		return nil, err
	}
	all = page(c, all, func(last coop.Media) (string, string) { return "before", string(last.ID) })
	infos := make([]MediaInfo, len(all))
	for i, m := range all {
		infos[i] = s.mediaInfo(m)
	}
	return infos, nil
}

func (s *Server) showMedia(c echo.Context, who coop.Principal) (any, error) {
	m, err := s.Fed.MediaOf(c.Request().Context(), who.Coop, coop.ID(c.Param("id")))
	return s.mediaInfo(m), err
}

func (s *Server) dropMedia(c echo.Context, who coop.Principal) (any, error) {
	return nil, s.Fed.DropMedia(c.Request().Context(), who, coop.ID(c.Param("id")))
}

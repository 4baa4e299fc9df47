// SPDX-License-Identifier: AGPL-3.0-or-later

package content

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"strconv"
	"unicode/utf8"

	"github.com/bbrks/go-blurhash"
	"golang.org/x/image/draw"

	"plenum/coop"
)

// maxCalendar is how many bytes an uploaded calendar may have.
const maxCalendar = 1 << 20

// Keep makes of an uploaded file what is kept of it: of a picture what Reencode
// gives, a PDF and a calendar as they are. What a file is, its content says, whatever
// name or media type came with it; anything else is refused, as a browser might run it.
func Keep(data []byte) (File, error) {
	switch {
	case len(data) == 0:
		return File{}, coop.Wrong("file", "the file is empty")
	case len(data) > coop.MaxFile:
		return File{}, tooLarge("a file", coop.MaxFile)
	case bytes.HasPrefix(data, []byte("%PDF-")): // ISO 32000-2, 7.5.2
		return File{Data: data, MediaType: "application/pdf"}, nil
	case isCalendar(data):
		if len(data) > maxCalendar {
			return File{}, tooLarge("a calendar", maxCalendar)
		}
		return File{Data: data, MediaType: "text/calendar"}, nil
	}
	if _, err := formatOf(data); err != nil {
		return File{}, &coop.Error{Code: coop.Unsupported, Op: "content.Keep", Member: "file",
			Msg: "this kind of file is not taken: send a picture (PNG, JPEG, GIF or WebP), a PDF or a calendar (iCalendar)"}
	}
	return Reencode(data)
}

func tooLarge(what string, most int) error {
	return &coop.Error{Code: coop.TooLarge, Op: "content.Keep", Member: "file",
		Msg: what + " may have " + strconv.Itoa(most>>20) + " MiB; this one is larger"}
}

// isCalendar reports whether a file is an iCalendar stream: text from the first line
// to the last. RFC 5545 §3.4.
func isCalendar(data []byte) bool {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	first, _, _ := bytes.Cut(data, []byte("\n"))
	all := bytes.TrimRight(data, "\r\n")
	last := all[bytes.LastIndexByte(all, '\n')+1:]
	return bytes.EqualFold(bytes.TrimRight(first, "\r"), []byte("BEGIN:VCALENDAR")) &&
		bytes.EqualFold(last, []byte("END:VCALENDAR")) && utf8.Valid(data) && bytes.IndexByte(data, 0) < 0
}

// thumbnail is the longer side, in pixels, of what a blurhash is made of: it says
// nothing about details.
const thumbnail = 32

// blurred is the blurhash of a picture, with more parts along its longer side.
func blurred(m *image.RGBA) (string, error) {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	long := max(w, h)
	small := image.NewRGBA(image.Rect(0, 0, max(1, w*thumbnail/long), max(1, h*thumbnail/long)))
	draw.Draw(small, small.Rect, image.White, image.Point{}, draw.Src) // what is transparent is seen on a page
	draw.BiLinear.Scale(small, small.Rect, m, m.Rect, draw.Over, nil)
	x, y := 4, 3
	if h > w {
		x, y = y, x
	}
	hash, err := blurhash.Encode(x, y, small)
	if err != nil {
		return "", fmt.Errorf("encode blurhash: %w", err)
	}
	return hash, nil
}

// webpFrame returns the first frame of an animated WebP as a file of its own, which
// the decoder does not know how to find, and anything else as it is.
// WebP Container Specification, Animation.
func webpFrame(data []byte) []byte {
	const header, extended, frame = 12, 10, 16 // bytes: of the file, of a VP8X chunk, of an ANMF chunk before its picture
	if len(data) < header+8+extended || string(data[header:header+4]) != "VP8X" || data[header+8]&2 == 0 {
		return data
	}
	for rest := data[header:]; len(rest) >= 8; {
		n := int64(binary.LittleEndian.Uint32(rest[4:])) + 8
		if n > int64(len(rest)) {
			return data
		}
		if string(rest[:4]) == "ANMF" && n >= 8+frame {
			return still(rest[8:8+frame], rest[8+frame:n])
		}
		rest = rest[min(n+n&1, int64(len(rest))):]
	}
	return data
}

// still is a WebP of one picture, of the size that the header of a frame gives. The
// chunks are those of the frame, with alpha before the pixels or without.
func still(frame, chunks []byte) []byte {
	flags := byte(0)
	if bytes.HasPrefix(chunks, []byte("ALPH")) {
		flags = 1 << 4
	}
	out := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(4+18+len(chunks)))
	out = append(out, "WEBPVP8X\x0a\x00\x00\x00"...)
	out = append(out, flags, 0, 0, 0)
	out = append(out, frame[6:12]...) // width and height, less one, in three bytes each
	return append(out, chunks...)
}

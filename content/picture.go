// SPDX-License-Identifier: AGPL-3.0-or-later

package content

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"

	"plenum/coop"
)

// Bounds of uploaded pictures.
const (
	maxPixels = 40 << 20 // of a picture that is decoded
	maxSide   = 1600     // pixels of the longer side of one that is kept
	maxPNG    = 1 << 20  // bytes; a larger one without transparency is a photograph and becomes a JPEG
)

// format is a kind of picture that we take. The formats are told apart by
// their first bytes, whatever name or media type came with them.
type format struct {
	name, magic string
	at          int // where the magic stands
	config      func(io.Reader) (image.Config, error)
	decode      func(io.Reader) (image.Image, error)
	exif        func(data []byte) []byte // the TIFF block of the metadata; nil where there is none
	first       func(data []byte) []byte // of an animation the first frame, as a file of its own; nil where decode gives it
}

var formats = []format{
	{name: "JPEG", magic: "\xFF\xD8\xFF", config: jpeg.DecodeConfig, decode: jpeg.Decode, exif: jpegEXIF},
	{name: "PNG", magic: "\x89PNG\r\n\x1A\n", config: png.DecodeConfig, decode: png.Decode, exif: pngEXIF},
	{name: "GIF", magic: "GIF8", config: gif.DecodeConfig, decode: gif.Decode},
	{name: "WebP", magic: "WEBPVP8", at: 8, config: webp.DecodeConfig, decode: webp.Decode, exif: webpEXIF, first: webpFrame},
}

// File is an uploaded file as it is kept. What is no picture has no size.
type File struct {
	Data          []byte
	MediaType     string
	Width, Height int
	Blurhash      string // a blurred picture in some thirty characters, to show until the picture is there
}

// Reencode makes an uploaded PNG, JPEG, GIF or WebP anew from its pixels, as
// PNG or JPEG: upright, its longer side at most 1600 pixels, of an animation
// the first frame. Nothing else of the file is left: no place where a
// photograph was taken, no second file behind the picture.
func Reencode(data []byte) (File, error) {
	f, err := formatOf(data)
	if err != nil {
		return File{}, err
	}
	if f.first != nil {
		data = f.first(data)
	}
	c, err := f.config(bytes.NewReader(data))
	if err != nil || c.Width <= 0 || c.Height <= 0 {
		return File{}, broken(f, err)
	}
	if n := int64(c.Width) * int64(c.Height) * weight(f, data); n > maxPixels {
		return File{}, &coop.Error{Code: coop.TooLarge, Op: "content.Reencode", Member: "image",
			Msg: fmt.Sprintf("the picture has %d × %d pixels, more than can be worked on; make it smaller", c.Width, c.Height)}
	}
	m, err := f.decode(bytes.NewReader(data))
	if err != nil {
		return File{}, broken(f, err)
	}
	turn := 1
	if f.exif != nil {
		turn = orientation(f.exif(data))
	}
	small := upright(shrink(m), turn)
	out := File{Width: small.Rect.Dx(), Height: small.Rect.Dy()}
	if out.Blurhash, err = blurred(small); err != nil {
		return File{}, err
	}
	out.Data, out.MediaType, err = encode(small, f.name == "JPEG")
	return out, err
}

func formatOf(data []byte) (format, error) {
	for _, f := range formats {
		if len(data) > f.at && bytes.HasPrefix(data[f.at:], []byte(f.magic)) {
			return f, nil
		}
	}
	return format{}, &coop.Error{Code: coop.Unsupported, Op: "content.Reencode", Member: "image",
		Msg: "this is no picture that can be taken: send PNG, JPEG, GIF or WebP"}
}

func broken(f format, err error) error {
	if err == nil {
		err = errors.New("no pixels")
	}
	return &coop.Error{Code: coop.Invalid, Op: "content.Reencode", Member: "image", Msg: "the picture cannot be read: its " + f.name + " data is damaged", Err: err}
}

// weight is 2 where a pixel of the file costs twice the usual memory, or more,
// while it is decoded: a JPEG in several scans, a PNG with 16 bits to a sample.
func weight(f format, data []byte) int64 {
	if f.name == "JPEG" && progressive(data) || f.name == "PNG" && len(data) > 24 && data[24] == 16 {
		return 2
	}
	return 1
}

// shrink returns m with its longer side at most maxSide. Large pictures are
// first averaged over whole blocks of pixels, so that a smooth filter with its
// large tables has little left to do.
func shrink(m image.Image) *image.RGBA {
	b := m.Bounds()
	w, h, long := b.Dx(), b.Dy(), max(b.Dx(), b.Dy())
	if long <= maxSide {
		out := image.NewRGBA(image.Rect(0, 0, w, h))
		draw.Draw(out, out.Rect, m, b.Min, draw.Src)
		return out
	}
	if n := long / maxSide; n > 1 {
		m = average(m, n)
	}
	out := image.NewRGBA(image.Rect(0, 0, max(1, (w*maxSide+long/2)/long), max(1, (h*maxSide+long/2)/long)))
	draw.CatmullRom.Scale(out, out.Rect, m, m.Bounds(), draw.Src, nil)
	return out
}

// average makes one pixel of each n×n pixels, strip by strip.
func average(m image.Image, n int) *image.RGBA {
	b := m.Bounds()
	w, h := (b.Dx()+n-1)/n, (b.Dy()+n-1)/n
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	strip := image.NewRGBA(image.Rect(0, 0, b.Dx(), n))
	for y := range h {
		rows := min(n, b.Dy()-y*n)
		draw.Draw(strip, image.Rect(0, 0, b.Dx(), rows), m, image.Pt(b.Min.X, b.Min.Y+y*n), draw.Src)
		for x := range w {
			cols := min(n, b.Dx()-x*n)
			var sum [4]int
			for dy := range rows {
				for i, v := range strip.Pix[dy*strip.Stride+4*x*n : dy*strip.Stride+4*(x*n+cols)] {
					sum[i&3] += int(v)
				}
			}
			for i, v := range sum {
				out.Pix[y*out.Stride+4*x+i] = uint8((v + rows*cols/2) / (rows * cols))
			}
		}
	}
	return out
}

// encode writes a photograph as JPEG and a drawing as PNG.
func encode(m *image.RGBA, photo bool) ([]byte, string, error) {
	var b bytes.Buffer
	if !photo {
		if err := png.Encode(&b, m); err != nil {
			return nil, "", fmt.Errorf("encode PNG: %w", err)
		}
		if b.Len() <= maxPNG || !m.Opaque() {
			return b.Bytes(), "image/png", nil
		}
		b.Reset()
	}
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 85}); err != nil {
		return nil, "", fmt.Errorf("encode JPEG: %w", err)
	}
	return b.Bytes(), "image/jpeg", nil
}

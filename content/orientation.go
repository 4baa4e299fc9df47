// SPDX-License-Identifier: AGPL-3.0-or-later

package content

import (
	"bytes"
	"encoding/binary"
	"image"
)

// segments calls f with each marker of a JPEG and what it holds, up to the
// pixels, until f returns false.
func segments(data []byte, f func(marker byte, body []byte) bool) {
	for data = data[min(2, len(data)):]; len(data) >= 4 && data[0] == 0xFF; {
		if data[1] == 0xFF { // a filler
			data = data[1:]
			continue
		}
		n := int(binary.BigEndian.Uint16(data[2:])) + 2
		if data[1] == 0xDA || n < 4 || n > len(data) || !f(data[1], data[4:n]) {
			return
		}
		data = data[n:]
	}
}

// progressive reports whether a JPEG comes in several scans. ITU-T T.81, SOF2.
func progressive(data []byte) (found bool) {
	segments(data, func(marker byte, _ []byte) bool {
		found = marker == 0xC2
		return !found
	})
	return found
}

func jpegEXIF(data []byte) (tiff []byte) {
	segments(data, func(marker byte, body []byte) bool {
		if rest, ok := bytes.CutPrefix(body, []byte("Exif\x00\x00")); ok && marker == 0xE1 {
			tiff = rest
		}
		return tiff == nil
	})
	return tiff
}

func pngEXIF(data []byte) []byte {
	for data = data[min(8, len(data)):]; len(data) >= 12; {
		n := int64(binary.BigEndian.Uint32(data)) + 12
		if n > int64(len(data)) {
			return nil
		}
		if string(data[4:8]) == "eXIf" {
			return data[8 : n-4]
		}
		data = data[n:]
	}
	return nil
}

func webpEXIF(data []byte) []byte {
	for data = data[min(12, len(data)):]; len(data) >= 8; {
		n := int64(binary.LittleEndian.Uint32(data[4:])) + 8
		if n > int64(len(data)) {
			return nil
		}
		if string(data[:4]) == "EXIF" {
			return bytes.TrimPrefix(data[8:n], []byte("Exif\x00\x00"))
		}
		data = data[min(n+n&1, int64(len(data))):]
	}
	return nil
}

// orientation reads the tag 0x0112 of a TIFF block: 1 is upright, 2 to 8 are
// turned or mirrored. Anything that is not understood is upright.
func orientation(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if string(tiff[:2]) == "MM" {
		order = binary.BigEndian
	} else if string(tiff[:2]) != "II" {
		return 1
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 1
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			return 1
		}
		if order.Uint16(entries) == 0x0112 {
			if v := int(order.Uint16(entries[8:])); v >= 1 && v <= 8 {
				return v
			}
			return 1
		}
		entries = entries[12:]
	}
	return 1
}

// upright undoes an orientation.
func upright(m *image.RGBA, turn int) *image.RGBA {
	if turn == 1 {
		return m
	}
	w, h := m.Rect.Dx(), m.Rect.Dy()
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	if turn >= 5 { // a quarter turn
		out = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			tx, ty := x, y
			switch turn {
			case 2:
				tx = w - 1 - x
			case 3:
				tx, ty = w-1-x, h-1-y
			case 4:
				ty = h - 1 - y
			case 5:
				tx, ty = y, x
			case 6:
				tx, ty = h-1-y, x
			case 7:
				tx, ty = h-1-y, w-1-x
			case 8:
				tx, ty = y, w-1-x
			}
			copy(out.Pix[out.PixOffset(tx, ty):][:4], m.Pix[m.PixOffset(x, y):][:4])
		}
	}
	return out
}

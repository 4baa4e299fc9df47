// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// answers is what came of a flood of letters.
type answers struct {
	took     []float64 // ms, sorted
	statuses map[int]int
	taken    []bool // which letters were answered 2xx
	elapsed  time.Duration
	broken   int // letters that had no answer
}

func (a answers) quantile(q float64) float64 {
	if len(a.took) == 0 {
		return 0
	}
	return a.took[min(len(a.took)-1, int(q*float64(len(a.took))))]
}

// stream is what is sent in a flood.
type stream struct {
	addr  string
	conns int
	n     int                                  // letters; 0: until the time is over
	next  func(i int, buf []byte) (raw []byte) // the i-th letter, which may be made in buf
	rate  float64                              // letters a second, by the clock: a server that is slow gets no rest; 0: as many as it takes
	until time.Time                            // the zero time: until all are sent
}

// flood sends letters over many connections at once and waits for their answers.
// Where there is a rate, the time that a letter took begins when it was due.
func flood(s stream) (answers, error) {
	var next atomic.Int64
	var group sync.WaitGroup
	parts := make([]answers, s.conns)
	errs := make([]error, s.conns)
	taken := make([]bool, s.n)
	began := time.Now()
	for c := range s.conns {
		group.Go(func() { parts[c], errs[c] = s.send(&next, began, taken) })
	}
	group.Wait()
	all := answers{statuses: map[int]int{}, taken: taken, elapsed: time.Since(began)}
	for i, p := range parts {
		if errs[i] != nil {
			return all, errs[i]
		}
		all.took = append(all.took, p.took...)
		all.broken += p.broken
		for status, n := range p.statuses {
			all.statuses[status] += n
		}
	}
	slices.Sort(all.took)
	return all, nil
}

// send sends what is next on one connection at a time.
func (s stream) send(next *atomic.Int64, began time.Time, taken []bool) (a answers, err error) {
	a.statuses = map[int]int{}
	var conn net.Conn
	var in *bufio.Reader
	defer func() {
		if conn != nil {
			_ = conn.Close()
		}
	}()
	var buf []byte
	for {
		i := int(next.Add(1)) - 1
		if s.n > 0 && i >= s.n {
			return a, nil
		}
		from := time.Now()
		if s.rate > 0 {
			from = began.Add(time.Duration(float64(i) / s.rate * float64(time.Second)))
			time.Sleep(time.Until(from))
		}
		if !s.until.IsZero() && !from.Before(s.until) {
			return a, nil
		}
		if conn == nil {
			if conn, err = net.Dial("tcp", s.addr); err != nil {
				return a, err
			}
			in = bufio.NewReaderSize(conn, 8<<10)
		}
		buf = s.next(i, buf[:0])
		status, closes, err := exchange(conn, in, buf)
		if err != nil || closes {
			_ = conn.Close()
			conn = nil
		}
		if err != nil {
			a.broken++
			continue
		}
		a.took = append(a.took, ms(time.Since(from)))
		a.statuses[status]++
		if status/100 == 2 && i < len(taken) {
			taken[i] = true
		}
	}
}

// exchange sends a request and reads its answer, with as little work as possible:
// it is done on the cores of the server that is measured.
func exchange(conn net.Conn, in *bufio.Reader, raw []byte) (status int, closes bool, err error) {
	if _, err := conn.Write(raw); err != nil {
		return 0, false, err
	}
	line, err := in.ReadSlice('\n')
	if err != nil {
		return 0, false, err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return 0, false, fmt.Errorf("no answer: %.60q", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, false, err
	}
	length, chunked := -1, false
	for {
		if line, err = in.ReadSlice('\n'); err != nil {
			return 0, false, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, false, err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = bytes.Equal(value, []byte("chunked"))
		case bytes.EqualFold(name, []byte("Connection")):
			closes = bytes.Equal(value, []byte("close"))
		}
	}
	if chunked {
		if _, err := io.Copy(io.Discard, httputil.NewChunkedReader(in)); err != nil {
			return 0, false, err
		}
		_, err = in.Discard(len("\r\n")) // there are no trailers
		return status, closes, err
	}
	if length < 0 {
		return 0, false, fmt.Errorf("an answer %d without a length", status)
	}
	_, err = in.Discard(length)
	return status, closes, err
}

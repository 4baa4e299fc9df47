// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/sync/errgroup"
)

// process is a server that is being measured.
type process struct{ cmd *exec.Cmd }

// start starts a server and waits for its first 200.
func start(cmd *exec.Cmd, health string) (*process, error) {
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd}
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		res, err := http.Get(health)
		if err != nil {
			continue
		}
		if err := res.Body.Close(); err == nil && res.StatusCode == http.StatusOK {
			return p, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("%s does not answer", health), p.stop())
}

func (p *process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	err := p.cmd.Wait()
	if _, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil // the bare handler ends by the signal
	}
	return err
}

// memory is RSS and RssAnon in MiB.
func (p *process) memory() (rss, anon float64, err error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(raw)) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		kb, _ := strconv.ParseFloat(f[1], 64)
		switch f[0] {
		case "VmRSS:":
			rss = kb / 1024
		case "RssAnon:":
			anon = kb / 1024
		}
	}
	return rss, anon, nil
}

// cpu is how long the process has computed: fields 14 and 15 of proc(5) stat, in
// hundredths of a second.
func (p *process) cpu() (time.Duration, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	f := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	user, err1 := strconv.Atoi(f[11])
	system, err2 := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond, errors.Join(err1, err2)
}

type result struct {
	rate float64 // requests per second
	p99  float64 // ms
	cpu  float64 // ms of the server per request
}

// load asks for one thing over b.conns connections for b.length.
func (b *bench) load(p *process, addr, path, accept string) (result, error) {
	before, err := p.cpu()
	if err != nil {
		return result{}, err
	}
	request := fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept: %s\r\nUser-Agent: bench\r\n\r\n", path, addr, accept)
	group, _ := errgroup.WithContext(context.Background())
	took := make([][]float64, b.conns)
	end := time.Now().Add(b.length)
	for i := range b.conns {
		group.Go(func() (err error) {
			took[i], err = ask(addr, request, end)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return result{}, err
	}
	after, err := p.cpu()
	all := slices.Concat(took...)
	slices.Sort(all)
	n := float64(len(all))
	return result{rate: n / b.length.Seconds(), p99: all[len(all)*99/100], cpu: float64((after - before).Milliseconds()) / n}, err
}

// ask repeats a request on one connection and returns how long each took, in ms.
func ask(addr string, request []byte, end time.Time) (took []float64, err error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	r := bufio.NewReaderSize(conn, 64<<10)
	for time.Now().Before(end) {
		began := time.Now()
		if _, err := conn.Write(request); err != nil {
			return nil, err
		}
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			return nil, err
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			return nil, err
		}
		if res.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("%s", res.Status)
		}
		took = append(took, float64(time.Since(began).Microseconds())/1000)
	}
	return took, nil
}

// serveCeiling is the bare handler: Echo and one blob. The file has the content
// type on its first line.
func serveCeiling(file, addr string) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	contentType, body, _ := bytes.Cut(raw, []byte("\n"))
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.GET("/", func(c echo.Context) error { return c.Blob(http.StatusOK, string(contentType), body) })
	return e.Start(addr)
}

func newestObject(outbox string) (string, error) {
	body, _, err := fetch(outbox, activityJSON)
	if err != nil {
		return "", err
	}
	var c struct {
		OrderedItems []struct {
			Object struct {
				ID string `json:"id"`
			} `json:"object"`
		} `json:"orderedItems"`
	}
	if err := json.Unmarshal(body, &c); err != nil {
		return "", err
	}
	if len(c.OrderedItems) == 0 {
		return "", errors.New("the outbox is empty")
	}
	return c.OrderedItems[0].Object.ID, nil
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

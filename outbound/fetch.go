// SPDX-License-Identifier: AGPL-3.0-or-later

package outbound

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// ErrTooLarge says that a document is larger than Fetcher.MaxBytes.
var ErrTooLarge = errors.New("the document is too large")

// ErrRedirects says that a document lies behind more redirects than
// Fetcher.MaxRedirects.
var ErrRedirects = errors.New("too many redirects")

// Fetcher gets documents of strangers. Fields that are zero mean the defaults.
type Fetcher struct {
	Transport    http.RoundTripper // guarded
	Timeout      time.Duration     // for everything together, redirects and body included; 10 s
	MaxBytes     int64             // of the body, after decompression; 1 MiB
	MaxRedirects int               // 3; below zero none is followed
}

// Response is a document that was fetched, whatever its status.
type Response struct {
	URL         string // the one that answered, without a fragment
	Status      int
	ContentType string
	Body        []byte
}

// Get fetches a URL. A fragment is cut. Where sign is given it is called for each
// request on the way, with the request as it will be sent: a signature is for one
// target only. A redirect is followed as long as the guard likes where it leads,
// and never from https to http. An answer of any status is a Response; an error
// means that there was no whole answer.
func (f *Fetcher) Get(ctx context.Context, url, accept string, sign func(*http.Request) error) (*Response, error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(f.Timeout, 10*time.Second))
	defer cancel()
	u, err := parse(url)
	if err != nil {
		return nil, err
	}
	for left := cmp.Or(f.MaxRedirects, 3); ; left-- {
		res, err := f.hop(ctx, u, accept, sign)
		if err != nil {
			return nil, fmt.Errorf("get from %.100s: %w", u.Host, err)
		}
		next, err := redirect(u, res)
		if err == nil && next == nil {
			return f.read(u, res)
		}
		_ = res.Body.Close() // nothing of it is of interest
		switch {
		case err != nil:
			return nil, fmt.Errorf("get from %.100s: %w", u.Host, err)
		case left <= 0:
			return nil, fmt.Errorf("get from %.100s: %w", u.Host, ErrRedirects)
		}
		u = next
	}
}

func parse(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, &refusal{why: "the URL cannot be read", always: true, err: err}
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// hop sends one request. It asks the transport itself and no http.Client, which
// would follow redirects on its own terms.
func (f *Fetcher) hop(ctx context.Context, u *url.URL, accept string, sign func(*http.Request) error) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return nil, &refusal{why: "the URL cannot be read", always: true, err: err}
	}
	r.Header.Set("Accept", accept)
	if sign != nil {
		if err := sign(r); err != nil {
			return nil, fmt.Errorf("sign the request: %w", err)
		}
	}
	return f.Transport.RoundTrip(r)
}

// redirect returns where an answer leads, nil for one that leads nowhere.
func redirect(from *url.URL, res *http.Response) (*url.URL, error) {
	switch res.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil, nil
	}
	where := res.Header.Get("Location")
	if where == "" {
		return nil, nil // an answer like any other, if an odd one
	}
	to, err := from.Parse(where)
	if err != nil {
		return nil, &refusal{why: "the redirect's URL cannot be read", always: true, err: err}
	}
	if from.Scheme == "https" && to.Scheme != "https" {
		return nil, never("a redirect leads from https to " + scheme(to.Scheme))
	}
	to.Fragment, to.RawFragment = "", ""
	return to, nil
}

// read reads the body up to the cap. What the transport decompressed counts as it
// came out, so that a bomb is cut where it starts to go off.
func (f *Fetcher) read(u *url.URL, res *http.Response) (*Response, error) {
	defer res.Body.Close()
	if e := res.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return nil, fmt.Errorf("get from %.100s: the answer is in the encoding %.20q, which was not asked for", u.Host, e)
	}
	most := cmp.Or(f.MaxBytes, 1<<20)
	body, err := io.ReadAll(io.LimitReader(res.Body, most+1))
	if err != nil {
		return nil, fmt.Errorf("get from %.100s: %w", u.Host, err)
	}
	if int64(len(body)) > most {
		return nil, fmt.Errorf("get from %.100s: %w: it has more than %d bytes", u.Host, ErrTooLarge, most)
	}
	return &Response{URL: u.String(), Status: res.StatusCode, ContentType: res.Header.Get("Content-Type"), Body: body}, nil
}

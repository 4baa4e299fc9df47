// SPDX-License-Identifier: AGPL-3.0-or-later

package instance

import (
	"context"
	"net/http"
	"time"

	"plenum/auth"
	"plenum/outbound"
)

// newAuth puts together who may do what. What clients say of themselves is fetched by
// the one client that may leave the machine, unsigned and without following redirects.
func newAuth(o Options, transport http.RoundTripper) *auth.Service {
	s := &auth.Service{
		Site: o.Site, People: o.DB, Tickets: o.DB, Doors: o.DB, Devices: o.DB, Clients: o.DB, Tokens: o.DB,
		Now: o.Now, Rand: o.Rand, Log: o.Log,
		Fetch: func(ctx context.Context, url, accept string, most int64) (auth.Fetched, error) {
			f := &outbound.Fetcher{Transport: transport, Timeout: 10 * time.Second, MaxBytes: most, MaxRedirects: -1}
			r, err := f.Get(ctx, url, accept, nil)
			if err != nil {
				return auth.Fetched{}, err
			}
			return auth.Fetched{Status: r.Status, ContentType: r.ContentType, Body: r.Body}, nil
		},
	}
	if o.Mail != nil {
		s.Mail = func(ctx context.Context, l auth.Letter) error { return o.Mail.Send(ctx, l.To, l.Subject, l.Text) }
	}
	return s
}

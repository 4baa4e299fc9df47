// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"crypto"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/labstack/echo/v4"

	"plenum/activity"
	"plenum/coop"
	"plenum/keys"
)

// boxJob is what a bare inbox needs to know.
type boxJob struct {
	Host string           `json:"host"` // that letters are signed for
	PEMs []string         `json:"pems"`
	Keys map[coop.IRI]int `json:"keys"` // the number of the key with each id
}

// serveBox is the ceiling of an inbox: a bare Echo handler that verifies the same
// requests with the same keys and parses them, and stores nothing.
func serveBox(file, addr string) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var j boxJob
	if err := json.Unmarshal(raw, &j); err != nil {
		return err
	}
	e, err := bareBox(j)
	if err != nil {
		return err
	}
	return e.Start(addr)
}

func bareBox(j boxJob) (*echo.Echo, error) {
	parsed := make([]crypto.PublicKey, len(j.PEMs))
	for i, pem := range j.PEMs {
		var err error
		if parsed[i], err = keys.DecodePublic(pem); err != nil {
			return nil, err
		}
	}
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.GET("/", func(c echo.Context) error { return c.NoContent(http.StatusOK) })
	at := keys.Target{Scheme: "http", Host: j.Host}
	e.POST("/*", func(c echo.Context) error {
		r := c.Request()
		body, err := io.ReadAll(http.MaxBytesReader(c.Response().Writer, r.Body, activity.MaxBody))
		if err != nil {
			return echo.ErrBadRequest
		}
		claim, err := keys.Read(r, body, at, time.Now())
		if err != nil {
			return echo.ErrUnauthorized
		}
		var a struct {
			ID     string          `json:"id"`
			Type   string          `json:"type"`
			Actor  coop.IRI        `json:"actor"`
			Object json.RawMessage `json:"object"`
		}
		if err := json.Unmarshal(body, &a); err != nil {
			return echo.ErrBadRequest
		}
		k, ok := j.Keys[claim.KeyID]
		if !ok || a.Actor != claim.KeyID.WithoutFragment() || claim.Verify(parsed[k]) != nil {
			return echo.ErrUnauthorized
		}
		return c.NoContent(http.StatusAccepted)
	})
	return e, nil
}

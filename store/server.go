// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"bytes"
	"context"
	"slices"
	"time"

	"plenum/coop"
)

var servers = table[coop.Server]{
	bucket: bServers,
	key:    func(s *coop.Server) []byte { return key(s.Host) },
	index: func(s *coop.Server) []entry {
		return []entry{{bServerAges, cat(timeKey(s.Asked), []byte(s.Host)), nil}}
	},
	totals: func(*coop.Server) []string { return []string{"servers"} },
}

// Server returns what a host elsewhere said of itself.
func (db *DB) Server(ctx context.Context, host string) (s coop.Server, err error) {
	err = db.view(ctx, "store.Server", func(t *tx) error {
		row := servers.get(t, key(host))
		if row == nil {
			return coop.Fail(coop.NotFound, "", "nothing is known of that server")
		}
		s = *row
		return nil
	})
	return s, err
}

// SaveServer stores that a host was asked and what it said, and lets followers on
// it be delivered to where its software has them. A host that has not said this
// time what it is remains what it was.
func (db *DB) SaveServer(ctx context.Context, s coop.Server) error {
	return db.write(ctx, "store.SaveServer", func(t *tx) error {
		old := servers.get(t, key(s.Host))
		if old != nil && s.Software == "" {
			s.Software, s.Version = old.Software, old.Version
		}
		servers.swap(t, old, &s)
		if s.Direct() || old == nil || old.Direct() {
			redirect(t, s)
		}
		if old == nil && t.total("servers") > t.bounds.servers {
			evictServer(t, s.Host)
		}
		return nil
	})
}

// onHost are what the ids of the actors of a host begin with.
func onHost(host string) [][]byte {
	return [][]byte{[]byte("https://" + host + "/"), []byte("http://" + host + "/")}
}

// redirect moves the followers on a host to the inboxes that its software makes use
// of, where they are not there yet.
func redirect(t *tx, s coop.Server) {
	for _, p := range onHost(s.Host) {
		for _, k := range t.keys(bFollowerCoops, p) {
			actor, _, _ := bytes.Cut(k, []byte{0})
			row := actors.get(t, actor)
			if row == nil || row.Direct == s.Direct() {
				continue
			}
			moved := *row
			moved.Direct = s.Direct()
			actors.swap(t, row, &moved)
			move(t, moved.Actor)
		}
	}
}

// evictServer removes the host that was asked longest ago of those on which nobody
// follows. Where there are hardly any such, the table grows with the followers.
func evictServer(t *tx, saved string) {
	looked := 0
	var oldest *coop.Server
	for k := range t.scan(bServerAges, every(), nil) {
		if looked++; looked > 256 {
			return
		}
		host := string(k[timeLen:])
		followed := slices.ContainsFunc(onHost(host), func(p []byte) bool { return t.first(bFollowerCoops, p) != nil })
		if host != saved && !followed {
			oldest = servers.get(t, []byte(host))
			break
		}
	}
	servers.remove(t, oldest)
}

// HostsToAsk returns the origins of followers that are to be asked for their
// software, because they never were or because it is time again: at most so many,
// in the order of the ids.
func (db *DB) HostsToAsk(ctx context.Context, now time.Time, most int) (origins []coop.IRI, err error) {
	err = db.view(ctx, "store.HostsToAsk", func(t *tx) error {
		for from := []byte{}; len(origins) < most; {
			var k []byte
			for found := range t.scan(bFollowerCoops, every(), from) {
				k = found
				break
			}
			if k == nil {
				return nil
			}
			id, _, _ := bytes.Cut(k, []byte{0})
			origin := originOf(id)
			// all others of this origin are skipped
			if from = after(append(slices.Clone(origin), '/')); bytes.Compare(from, k) <= 0 {
				from = append(slices.Clone(k), 0)
			}
			host := coop.HostOf(coop.IRI(id))
			if host == "" || host == db.domain {
				continue
			}
			s := servers.get(t, key(host))
			if s == nil || !s.Again.After(now) || s.Asked.After(now.Add(day)) { // by a clock that was wrong
				origins = append(origins, coop.IRI(origin))
			}
		}
		return nil
	})
	return origins, err
}

// originOf cuts what stands behind the host.
func originOf(id []byte) []byte {
	start := bytes.Index(id, []byte("://"))
	if start < 0 {
		return id
	}
	start += len("://")
	if n := bytes.IndexAny(id[start:], "/?#"); n >= 0 {
		return id[:start+n]
	}
	return id
}

// pruneServers removes hosts that were asked for the last time before limit: nobody
// there follows any more.
func pruneServers(t *tx, limit time.Time) int {
	var gone []*coop.Server
	for k := range t.scan(bServerAges, every(), nil) {
		if len(gone) == pruneStep || !keyTime(k).Before(limit) {
			break
		}
		if s := servers.get(t, k[timeLen:]); s != nil {
			gone = append(gone, s)
		}
	}
	for _, s := range gone {
		servers.remove(t, s)
	}
	return len(gone)
}

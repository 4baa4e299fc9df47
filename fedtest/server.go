// SPDX-License-Identifier: AGPL-3.0-or-later

package fedtest

import (
	"net/http"
	"slices"
	"strings"

	"plenum/coop"
)

// Boxes gives an actor an inbox of its own under a path, beside the one that all
// actors of its host share under /shared. What arrives is written down by the first
// actor of the host, with the path.
func (p *Peer) Boxes(path string) {
	first := p
	if p.beside != nil {
		first = p.beside
	}
	base := "https://" + p.Host
	doc := p.Document()
	doc["inbox"], doc["endpoints"] = base+path, Document{"sharedInbox": base + "/shared"}
	p.Inbox = coop.IRI(base + path)
	p.Serve(strings.TrimPrefix(string(p.ID), base), as2, doc)
	p.Route(path, first.take(http.StatusAccepted))
	p.Route("/shared", first.take(http.StatusAccepted))
}

// Runs lets the peer's host say in its NodeInfo what software it runs.
func (p *Peer) Runs(software, version string) {
	p.Serve("/.well-known/nodeinfo", "application/json", Document{"links": []Document{
		{"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": "https://" + p.Host + "/nodeinfo/2.0"},
		{"rel": "http://nodeinfo.diaspora.software/ns/schema/2.1", "href": "https://" + p.Host + "/nodeinfo/2.1"},
		{"rel": "https://www.w3.org/ns/activitystreams#Application", "href": p.ID},
	}})
	p.Serve("/nodeinfo/2.1", "application/json", Document{"version": "2.1", "software": Document{"name": software, "version": version}})
}

// At returns the paths at which activities of a type arrived, in order.
func (p *Peer) At(kind string) (paths []string) {
	for _, g := range p.Got(kind) {
		paths = append(paths, g.Path)
	}
	slices.Sort(paths)
	return paths
}

// Asked returns the requests for the NodeInfo of a host.
func (n *Network) Asked(name string) []Exchange {
	return n.Exchanges(func(e Exchange) bool { return e.To == name && strings.Contains(e.Path, "nodeinfo") })
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package delivery

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"plenum/coop"
)

// maxReason is how many bytes a reason has at most, as coop.Attempt says.
const maxReason = 200

// meaning is what there is to say of a cause.
type meaning struct {
	words string // what was seen, without a guess at why
	next  string // what is to be done; HOST and COOP stand for those of the delivery
}

// statuses are the causes of answers that have one of their own.
var statuses = map[int]coop.Cause{
	301: coop.CauseRedirect, 302: coop.CauseRedirect, 303: coop.CauseRedirect, 307: coop.CauseRedirect, 308: coop.CauseRedirect,
	400: coop.CauseBadRequest, 403: coop.CauseForbidden, 404: coop.CauseNoInbox, 405: coop.CauseMethod,
	406: coop.CauseFormat, 408: coop.CauseRequestTimeout, 410: coop.CauseInboxGone, 413: coop.CauseTooLarge, 415: coop.CauseFormat,
	422: coop.CauseUnprocessable, 429: coop.CauseSlowDown,
	500: coop.CauseServerError, 501: coop.CauseNotImplemented, 502: coop.CauseProxy, 503: coop.CauseUnavailable, 504: coop.CauseProxy,
	// of Cloudflare, for failures between it and the server
	520: coop.CauseProxy, 521: coop.CauseProxy, 522: coop.CauseProxy, 523: coop.CauseProxy, 524: coop.CauseProxy,
	525: coop.CauseProxy, 526: coop.CauseProxy, 527: coop.CauseProxy, 530: coop.CauseProxy,
}

// turnsAway are the statuses with which something in front of a server refuses.
var turnsAway = map[int]bool{400: true, 401: true, 403: true, 405: true, 406: true}

// special are the words for statuses that say more than their cause does.
var special = map[int]string{
	407: "the host asks us to log in to a proxy",
	421: "the host says that it does not serve this address",
	451: "the host says that the law forbids it to take this",
	504: "the host answers as a proxy: the server behind it did not answer it in time",
	507: "the server says that its storage is full",
	511: "something on the way says that one must log in to the network first",
	521: "the host answers as a proxy: the server behind it refuses the connection",
	522: "the host answers as a proxy: it gets no connection to the server behind it in time",
	523: "the host answers as a proxy: the server behind it cannot be reached",
	524: "the host answers as a proxy: the server behind it did not answer it in time",
	525: "the host answers as a proxy: its TLS handshake with the server behind it failed",
	526: "the host answers as a proxy: the certificate of the server behind it is not valid",
}

// meanings has each cause. What the words say must be true whatever lies behind an
// answer: somebody will act on them.
var meanings = map[coop.Cause]meaning{
	coop.CauseNoAddress: {
		"DNS has no address for the name of the host",
		"Somebody may be moving it, or it has been shut down. If HOST never comes back, end the follows from there: `plenum follower list`, `plenum follower remove`.",
	},
	coop.CauseNameLookup: {
		"the name of the host could not be looked up (DNS)",
		"Either the name servers of HOST fail or those that this machine asks. If `plenum queue list --state waiting` shows the same for other hosts, look at ours first.",
	},
	coop.CauseRefused: {
		"the connection was refused",
		"HOST takes no connections at present: its web server may be down or a firewall in the way. Tell whoever runs it if that lasts.",
	},
	coop.CauseUnreachable: {
		"there is no route to the host",
		"Either the network of HOST does not reach us or ours does not reach it. If `plenum queue list --state waiting` shows the same for other hosts, look at ours first.",
	},
	coop.CauseConnectTimeout: {
		"no connection came about in time",
		"HOST may be down, or a firewall on the way drops what we send. Tell whoever runs it if that lasts.",
	},
	coop.CauseTimeout: {
		"the server did not answer in time",
		"HOST may be overloaded. Tell whoever runs it if that lasts.",
	},
	coop.CauseReset: {
		"the connection was reset",
		"HOST, or something on the way to it, breaks off what we send. Tell whoever runs it if that lasts.",
	},
	coop.CauseClosed: {
		"the connection was closed without a whole answer",
		"HOST may be restarting, or its server may fail at what we send. Tell whoever runs it if that lasts.",
	},
	coop.CauseInvalidHTTP: {
		"what the host answered is not valid HTTP",
		"What answers at HOST may be no web server, or one that breaks off. Tell whoever runs it.",
	},
	coop.CausePrivateAddress: {
		"we send nothing there",
		"The name of HOST must lead to a public address. Tell whoever runs it. If it stands in your own network and that is meant to be so, put its address into allow_addresses in plenum.toml.",
	},
	coop.CauseBadURL: {
		"we send nothing there",
		"There is nothing to be done here: the inbox has an address that no delivery may go to. Its software is to be mended by whoever runs it.",
	},

	coop.CauseTLSExpired: {
		"the certificate of the host was valid until",
		"Tell whoever runs HOST to renew the certificate. If other hosts fail like this, see with `date -u` whether the clock of this machine is right.",
	},
	coop.CauseTLSNotYet: {
		"the certificate of the host will be valid only from",
		"See with `date -u` whether the clock of this machine is right. If it is, tell whoever runs HOST about the certificate.",
	},
	coop.CauseTLSName: {
		"the certificate of the host is not valid for its name",
		"Tell whoever runs HOST to get a certificate that has this name in it.",
	},
	coop.CauseTLSIssuer: {
		"the certificate of the host comes from an issuer that this machine does not know",
		"Its server may have signed it itself, or does not send the certificate in between: tell whoever runs HOST. If other hosts fail like this, bring the certificates of this machine up to date (ca-certificates).",
	},
	coop.CauseTLSNone: {
		"the host does not speak TLS on this port",
		"Deliveries go over https alone. Tell whoever runs HOST.",
	},
	coop.CauseTLSHandshake: {
		"the TLS handshake failed",
		"We speak TLS 1.2 and 1.3 and show no certificate of our own. Tell whoever runs HOST if it wants something else, or if that lasts.",
	},
	coop.CauseTLSOther: {
		"the certificate of the host is not valid",
		"Tell whoever runs HOST to get another certificate.",
	},

	coop.CauseRedirect: {
		"the host answers with a redirect, which a signed delivery does not follow",
		"The inbox may have moved, or a web server redirects what it should not. Tell whoever runs HOST.",
	},
	coop.CauseBadRequest: {
		"the server says that our request is wrong",
		"Some servers answer 400 to whatever they do not take. Ask whoever runs HOST what its log says.",
	},
	coop.CauseSignature: {
		"the server does not accept our signature",
		"HOST has to fetch our key to check it, so see from another machine that the page of COOP opens. If it does, ask whoever runs HOST what its log says.",
	},
	coop.CauseKeyChanged: {
		"the server does not accept our signature; our key was changed on",
		"HOST may still have the old key. Ask whoever runs it to have the actor of COOP fetched anew.",
	},
	coop.CauseClock: {
		"the server does not accept our signature; its clock is",
		"Signatures are good for some minutes, so one of the two clocks may be why. See with `date -u` whether that of this machine is right. If it is, tell whoever runs HOST.",
	},
	coop.CauseForbidden: {
		"the server refuses this delivery",
		"HOST may block this instance, or let in nobody whom it does not know. Ask whoever runs it.",
	},
	coop.CauseFirewall: {
		"a refusal that looks like that of a firewall in front of the server",
		"Ask whoever runs HOST to let POST requests to its inboxes pass without a check for robots.",
	},
	coop.CauseNoInbox: {
		"the server says that there is no such inbox",
		"The account may have moved or been removed. If its page is not there any more, end its follow: `plenum follower list`, `plenum follower remove`. If it is, tell whoever runs HOST.",
	},
	coop.CauseMethod: {
		"the server says that nothing can be posted to this address",
		"The inbox may lead to something else than the server of the fediverse. Tell whoever runs HOST.",
	},
	coop.CauseFormat: {
		"the server says that it does not take the format of our activities",
		"Other servers of the fediverse take it. Ask whoever runs HOST whether a firewall changes requests or answers in its place.",
	},
	coop.CauseRequestTimeout: {
		"the server says that our request took too long to arrive",
		"The way to HOST may be slow, or HOST overloaded. Tell whoever runs it if that lasts.",
	},
	coop.CauseInboxGone: {
		"the server says that the inbox is gone, but no actor behind it says the same of itself",
		"The account may have moved or been removed. If its page is not there any more, end its follow: `plenum follower list`, `plenum follower remove`. If it is, tell whoever runs HOST.",
	},
	coop.CauseActorGone: {"the actor's own document says that it is gone, so its follow ends", ""},
	coop.CauseTooLarge: {
		"the host says that the activity is too large",
		"Ask whoever runs HOST to take larger activities, or what its limit is.",
	},
	coop.CauseUnprocessable: {
		"the server read the activity and says that it cannot process it",
		"Ask whoever runs HOST what its log says. It may take no posts of this kind.",
	},
	coop.CauseSlowDown: {
		"the server asks us to slow down",
		"There is nothing to be done unless it goes on for days. Then ask whoever runs HOST.",
	},
	coop.CauseRejected: {
		"the server refuses the delivery",
		"Ask whoever runs HOST what its log says.",
	},
	coop.CauseServerError: {
		"the server failed",
		"HOST has a failure. Tell whoever runs it if that lasts.",
	},
	coop.CauseNotImplemented: {
		"the server says that it cannot receive activities",
		"Ask whoever runs HOST whether it is meant to take part in the fediverse.",
	},
	coop.CauseProxy: {
		"the host answers as a proxy: it gets no proper answer from the server behind it",
		"The server behind the proxy of HOST may be down or overloaded. Tell whoever runs it if that lasts.",
	},
	coop.CauseUnavailable: {
		"the server is not available",
		"HOST may be overloaded or under maintenance. Tell whoever runs it if that lasts.",
	},

	coop.CauseOurs: {
		"an error on our side",
		"The failure is here and not at HOST. The log of this instance says more; `plenum verify` checks the database.",
	},
	coop.CauseDropped: {"an operator dropped it", "There is nothing to be done."},
	coop.CauseOther: {
		"the delivery failed",
		"The log of this instance has one line for each attempt. Tell whoever runs HOST if that lasts.",
	},
}

// Advice is the next step for a delivery in plain words, by its last attempt: what
// has to happen, and the command that sends it again then. rotated is when the key
// of its co-op was changed, zero for never. It is empty where there is nothing to
// be done: the delivery has arrived, is pointless, or was not tried yet.
func Advice(d coop.Delivery, rotated time.Time) string {
	if len(d.Results) == 0 || d.State == coop.Done || d.State == coop.Left || d.State == coop.Superseded {
		return ""
	}
	last := d.Results[len(d.Results)-1]
	m, ok := meanings[last.Cause]
	if !ok || m.next == "" {
		return ""
	}
	next := m.next
	switch last.Cause {
	case coop.CauseSignature, coop.CauseKeyChanged, coop.CauseClock:
		if rotated.IsZero() || rotated.After(last.At) {
			break
		}
		next = "Our key was changed on " + rotated.UTC().Format(day) + ". " + next
	}
	host, which := d.Host, "--host "+d.Host
	if !plain(host) {
		host, which = "the host", string(d.ID)
	}
	next = strings.NewReplacer("HOST", host, "COOP", string(d.Actor)).Replace(next)
	switch {
	case last.Cause == coop.CauseBadURL:
		return next
	case last.Cause == coop.CauseDropped:
		return next + " To send it after all, run `plenum queue retry " + string(d.ID) + "`."
	case d.State == coop.Waiting:
		return next + " It is tried again by itself; `plenum queue retry " + which + "` tries at once."
	case d.State == coop.Held:
		return next + " It is held; `plenum queue retry " + string(d.ID) + "` sends it."
	}
	return next + " When that is mended, run `plenum queue retry " + which + "`."
}

// plain reports whether a host may stand in a command that somebody will copy.
func plain(host string) bool {
	for _, c := range host {
		if c >= utf8.RuneSelf || !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune(".-:_", c) {
			return false
		}
	}
	return host != "" && host[0] != '-'
}

// clip makes a reason one line of at most maxReason bytes: parts of it may come
// from the peer.
func clip(s string) string {
	s = strings.Map(func(c rune) rune {
		if c == utf8.RuneError || !unicode.IsPrint(c) {
			return ' '
		}
		return c
	}, s)
	if len(s) <= maxReason {
		return s
	}
	cut := maxReason - len("…")
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

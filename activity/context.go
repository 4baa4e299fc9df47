// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import "encoding/json"

// The contexts are literals. All extension terms stand inline: a context that a
// peer has to fetch makes the whole document vanish when the fetch fails
// (Friendica), and only the two that are named here come with every JSON-LD
// implementation. JSON-LD 1.1 §3.1, FEP-8a8e.

// plainContext is for documents that need no word beyond ActivityStreams.
const plainContext = `"https://www.w3.org/ns/activitystreams"`

// quoteContext is for what is said about quotes. FEP-044f.
const quoteContext = `[
	"https://www.w3.org/ns/activitystreams",
	{ "QuoteRequest": "https://w3id.org/fep/044f#QuoteRequest" }
]`

// objectContext is for posts, and for activities and collections that hold them.
// "http://schema.org#" is what Friendica, Mobilizon and Mastodon use; location
// and its parts stay ActivityStreams, where Friendica looks for them.
const objectContext = `[
	"https://www.w3.org/ns/activitystreams",
	{
		"toot": "http://joinmastodon.org/ns#",
		"sc": "http://schema.org#",
		"ical": "http://www.w3.org/2002/12/cal/ical#",
		"mz": "https://joinmobilizon.org/ns#",
		"pt": "https://joinpeertube.org/ns#",
		"ev": "https://w3id.org/fep/8a8e/",
		"misskey": "https://misskey-hub.net/ns#",

		"Hashtag": "as:Hashtag",
		"sensitive": "as:sensitive",
		"focalPoint": { "@id": "toot:focalPoint", "@container": "@list" },
		"blurhash": "toot:blurhash",
		"_misskey_content": "misskey:_misskey_content",

		"inLanguage": "sc:inLanguage",
		"address": "sc:address",
		"PostalAddress": "sc:PostalAddress",
		"streetAddress": "sc:streetAddress",
		"postalCode": "sc:postalCode",
		"addressLocality": "sc:addressLocality",
		"addressRegion": "sc:addressRegion",
		"addressCountry": "sc:addressCountry",
		"VirtualLocation": "sc:VirtualLocation",
		"maximumAttendeeCapacity": "sc:maximumAttendeeCapacity",
		"remainingAttendeeCapacity": "sc:remainingAttendeeCapacity",
		"performer": "sc:performer",
		"superEvent": { "@id": "sc:superEvent", "@type": "@id" },

		"status": "ical:status",
		"timezone": "ev:timezone",
		"category": "ev:category",
		"joinMode": "ev:joinMode",
		"externalParticipationUrl": "ev:externalParticipationUrl",
		"displayEndTime": "ev:displayEndTime",
		"previousStartTime": "ev:previousStartTime",
		"eventStatus": { "@id": "ev:eventStatus", "@type": "@vocab" },
		"EventScheduled": "ev:EventScheduled",
		"EventTentative": "ev:EventTentative",
		"EventCancelled": "ev:EventCancelled",
		"EventPostponed": "ev:EventPostponed",
		"EventRescheduled": "ev:EventRescheduled",
		"EventMovedOnline": "ev:EventMovedOnline",
		"organizers": { "@id": "ev:organizers", "@type": "@id" },
		"attendees": { "@id": "ev:attendees", "@type": "@id" },

		"isOnline": "mz:isOnline",
		"participantCount": "mz:participantCount",
		"repliesModerationOption": "mz:repliesModerationOption",
		"anonymousParticipationEnabled": "mz:anonymousParticipationEnabled",
		"commentsEnabled": "pt:commentsEnabled"
	}
]`

// coopContext is for the actors of co-ops.
const coopContext = `[
	"https://www.w3.org/ns/activitystreams",
	"https://w3id.org/security/v1",
	{
		"toot": "http://joinmastodon.org/ns#",
		"sc": "http://schema.org#",
		"wf": "https://purl.archive.org/socialweb/webfinger#",
		"xsd": "http://www.w3.org/2001/XMLSchema#",
		"manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
		"alsoKnownAs": { "@id": "as:alsoKnownAs", "@type": "@id" },
		"movedTo": { "@id": "as:movedTo", "@type": "@id" },
		"discoverable": "toot:discoverable",
		"indexable": "toot:indexable",
		"featured": { "@id": "toot:featured", "@type": "@id" },
		"attributionDomains": { "@id": "toot:attributionDomains", "@container": "@set" },
		"PropertyValue": "sc:PropertyValue",
		"value": "sc:value",
		"webfinger": { "@id": "wf:webfinger", "@type": "xsd:string" },
		"upcomingEvents": { "@id": "https://w3id.org/fep/8a8e/upcomingEvents", "@type": "@id" },
		"oauthRegistrationEndpoint": { "@id": "http://litepub.social/ns#oauthRegistrationEndpoint", "@type": "@id" }
	}
]`

// relayContext is for the instance actor.
const relayContext = `[
	"https://www.w3.org/ns/activitystreams",
	"https://w3id.org/security/v1",
	{
		"toot": "http://joinmastodon.org/ns#",
		"wf": "https://purl.archive.org/socialweb/webfinger#",
		"xsd": "http://www.w3.org/2001/XMLSchema#",
		"manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
		"discoverable": "toot:discoverable",
		"indexable": "toot:indexable",
		"webfinger": { "@id": "wf:webfinger", "@type": "xsd:string" },
		"implements": { "@id": "https://w3id.org/fep/844e/implements", "@type": "@id", "@container": "@list" }
	}
]`

// ld makes a context a member; encoding/json writes it without its white space.
func ld(context string) json.RawMessage { return json.RawMessage(context) }

// SPDX-License-Identifier: AGPL-3.0-or-later

package wirecheck

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

var tagLike = regexp.MustCompile(`<[a-zA-Z/]`)

func (f *findings) object(o object) {
	id, by := text(o, "id"), text(o, "attributedTo")
	if !f.need(isText(o["id"]) && isText(o["attributedTo"]), "id and attributedTo must each be ONE string (Mobilizon)") {
		return
	}
	f.need(host(id) == host(by), "id and attributedTo on one host (Mastodon, Misskey, Mobilizon, GoToSocial)")
	u := text(o, "url")
	f.need(isText(o["url"]) && host(u) == host(id) && scheme(u) == scheme(id), "url must be ONE string on the id's host (Pleroma, Misskey)")
	f.need(holds(o["to"], public) || toFollowers(o), "to: a list with the full Public IRI, or with the followers alone (Mobilizon, GoToSocial)")
	_, ok := o["cc"].([]any)
	f.need(ok, "cc: a list")
	f.need(text(o, "content") != "", "content non-empty (Mobilizon, Gancio)")
	f.need(!has(o, "mediaType") || text(o, "mediaType") == "text/html", "mediaType text/html")
	_, ok = o["sensitive"].(bool)
	f.need(ok || !has(o, "sensitive"), "sensitive true or false")
	if text(o, "type") != "Note" {
		f.headline(o)
	}
	published, ok := when(o["published"])
	if f.need(ok, "published with offset") && has(o, "updated") {
		updated, ok := when(o["updated"])
		f.need(ok && !updated.Before(published), "updated not before published (GoToSocial)")
	}
	f.attachments(o)
	if text(o, "type") == "Event" {
		f.event(o)
	}
	im, isObject := o["image"].(object)
	f.need(!has(o, "image") || isObject && text(im, "type") == "Image" && isText(im["url"]) && isText(im["name"]),
		"image ONE Image with url and name (Mobilizon, Lemmy)")
	f.tags(o)
	for _, k := range []string{"likes", "shares", "replies", "attendees"} {
		f.total(o, k)
	}
	for k, v := range o {
		f.need(v != nil, "%s is null: leave it out (Mobilizon)", k)
	}
}

// total looks at a collection of which an object tells how many items it has.
func (f *findings) total(o object, k string) {
	c, ok := o[k].(object)
	_, err := strconv.ParseUint(number(c, "totalItems"), 10, 63)
	ok = ok && text(c, "id") != "" && slices.Contains(collectionTypes, text(c, "type")) && err == nil
	f.need(ok || isText(o[k]) || !has(o, k), "%s: an id, or a collection with id, type and totalItems (Mastodon reads the number)", k)
	f.need(k != "attendees" || !has(c, "items") && !has(c, "orderedItems"), "attendees: names of those who come are never told")
}

// number is a member that is a number as it is written, "" where it is none.
func number(o object, k string) string {
	n, _ := o[k].(json.Number)
	return n.String()
}

func (f *findings) headline(o object) {
	name := text(o, "name")
	n := utf8.RuneCountInString(name)
	f.need(n >= 3 && n <= 200 && !strings.Contains(name, "<"), "name plain text of 3 to 200 characters (Mobilizon)")
	summary := text(o, "summary")
	f.need(summary != "" && !tagLike.MatchString(summary), "summary plain text, present (Mastodon shows only this; Misskey prints tags)")
	f.need(!has(o, "inReplyTo"), "no inReplyTo on a top-level post (Lemmy)")
}

func (f *findings) attachments(o object) {
	if !f.need(listOrAbsent(o, "attachment"), "attachment a list (Mobilizon, Gancio)") {
		return
	}
	list, _ := o["attachment"].([]any)
	for i, x := range list {
		f.attachment(i, x)
	}
}

func (f *findings) attachment(i int, v any) {
	x, _ := v.(object)
	t := text(x, "type")
	if !f.need(slices.Contains(attachmentTypes, t), "attachment[%d] type must be one of %v (Lemmy refuses the whole object)", i, attachmentTypes) {
		return
	}
	media := text(x, "mediaType")
	f.need(isText(x["mediaType"]), "attachment[%d].mediaType missing (Gancio TypeError)", i)
	if t == "Link" {
		f.need(isText(x["href"]) && !has(x, "url"), "attachment[%d] Link needs href", i)
		return
	}
	f.need(isText(x["url"]), "attachment[%d].url must be a string (Mobilizon, Lemmy)", i)
	f.need(isText(x["name"]), "attachment[%d].name must exist (Mobilizon FunctionClauseError)", i)
	isMedia := strings.HasPrefix(media, "image/") || strings.HasPrefix(media, "video/") || strings.HasPrefix(media, "audio/")
	f.need(isMedia, "attachment[%d] non-media as %s: use Link (Mastodon loses the preview card)", i, t)
}

func (f *findings) tags(o object) {
	if !f.need(listOrAbsent(o, "tag"), "tag a list (Gancio)") {
		return
	}
	list, _ := o["tag"].([]any)
	for i, x := range list {
		t, _ := x.(object)
		f.need(isText(t["name"]) && (text(t, "type") != "Hashtag" || strings.HasPrefix(text(t, "name"), "#")), "tag[%d].name (Gancio)", i)
		if text(t, "type") == "Mention" {
			href := text(t, "href")
			f.need(holds(o["to"], href) || holds(o["cc"], href), "tag[%d] mentions somebody who is not addressed (Mastodon)", i)
		}
	}
}

func (f *findings) event(o object) {
	list, _ := o["attachment"].([]any)
	var first object
	var links []object
	for i, x := range list {
		a, _ := x.(object)
		if i == 0 {
			first = a
		}
		if text(a, "type") == "Link" {
			links = append(links, a)
		}
	}
	f.need(text(first, "type") == "Image", "attachment[0] must be the image (Gancio Update takes attachment[0].url)")
	f.need(len(links) > 0 && isText(links[0]["href"]) && text(links[0], "href") == text(o, "url"), "first Link must be the page (Mastodon >= 4.7 makes the card from it)")
	f.need(slices.ContainsFunc(links, func(l object) bool { return text(l, "name") == "Website" && text(l, "mediaType") == "text/html" }),
		"a Link named Website, text/html (Mobilizon)")
	start, startOK := when(o["startTime"])
	end, endOK := when(o["endTime"])
	if f.need(startOK && endOK, "startTime and endTime with offset") {
		f.need(end.After(start), "endTime after startTime (FEP-8a8e; Mobilizon)")
	}
	f.need(isText(o["timezone"]), "timezone: an IANA name")
	if has(o, "location") {
		f.place(o["location"])
	}
	modes := []string{"free", "restricted", "invite", "external"}
	f.need(!has(o, "joinMode") || slices.Contains(modes, text(o, "joinMode")), "joinMode (none is not in Mobilizon's enum: event refused)")
	f.need(text(o, "joinMode") != "external" || isText(o["externalParticipationUrl"]), "external needs externalParticipationUrl")
	states := []string{"CONFIRMED", "TENTATIVE", "CANCELLED"}
	f.need(slices.Contains(states, text(o, "status")), "status CONFIRMED, TENTATIVE or CANCELLED (Mobilizon)")
	f.need(!has(o, "category") || isText(o["category"]), "category one string")
	f.need(listOrAbsent(o, "contacts"), "contacts a list or absent (null crashes Mobilizon)")
	for _, k := range []string{"maximumAttendeeCapacity", "remainingAttendeeCapacity", "participantCount"} {
		_, err := strconv.ParseUint(number(o, k), 10, 63)
		f.need(!has(o, k) || err == nil, "%s a whole number", k)
	}
	most, _ := strconv.ParseUint(number(o, "maximumAttendeeCapacity"), 10, 63)
	left, _ := strconv.ParseUint(number(o, "remainingAttendeeCapacity"), 10, 63)
	f.need(left <= most || !has(o, "maximumAttendeeCapacity"), "more seats are left than there are")
	f.need(!has(o, "draft") || o["draft"] == false, "draft")
}

func (f *findings) place(v any) {
	p, ok := v.(object)
	if !f.need(ok, "location must be ONE object (Mobilizon get_address/1 crashes on a list)") {
		return
	}
	t := text(p, "type")
	f.need((t == "Place" || t == "VirtualLocation") && isText(p["name"]), "location needs type Place or VirtualLocation and a name")
	f.need(!has(p, "url") || has(p, "id"), "location.url without id collides in Mobilizon")
	_, parts := p["address"].(object)
	f.need(!has(p, "address") || parts || isText(p["address"]), "location.address string or object")
	for _, k := range []string{"latitude", "longitude"} {
		n, _ := p[k].(json.Number)
		f.need(!has(p, k) || strings.Contains(n.String(), "."), "%s must be printed with a decimal point (Mobilizon is_float)", k)
	}
}

// toFollowers reports whether an object is not for every list: addressed to followers
// of its author's server, with the public in cc or nowhere.
func toFollowers(o object) bool {
	list, _ := o["to"].([]any)
	return slices.ContainsFunc(list, func(v any) bool {
		s, _ := v.(string)
		return strings.HasSuffix(s, "/followers") && host(s) == host(text(o, "id"))
	})
}

// file looks at an uploaded file that stands alone.
func (f *findings) file(o object) {
	id := text(o, "id")
	f.need(id != "" && host(id) == host(text(o, "attributedTo")), "id and attributedTo on one host (Mastodon, Misskey, Mobilizon, GoToSocial)")
	f.need(host(text(o, "url")) == host(id), "url must be ONE string on the id's host (Pleroma, Misskey)")
	f.need(isText(o["mediaType"]) && isText(o["name"]), "a file has mediaType and name (Gancio, Mobilizon)")
	isPicture := strings.HasPrefix(text(o, "mediaType"), "image/")
	f.need(isPicture == (text(o, "type") == "Image"), "an Image has the media type of a picture")
	if list, ok := o["focalPoint"].([]any); has(o, "focalPoint") {
		f.need(ok && len(list) == 2, "focalPoint a list of two (Mastodon)")
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"plenum/coop"
)

// tag reads hashtags and mentions. Tags of other types, such as the pictures of
// custom emoji, say nothing that is kept.
func (a *applier) tag() error {
	raw, given := a.sent["tag"]
	if !given {
		return nil
	}
	a.post.Tags, a.post.Mentions = nil, nil
	for _, item := range rawList(raw) {
		name, isString := rawString(item)
		d, _ := rawObject(item)
		var err error
		switch kind := withoutPrefix(knownType(d.types())); {
		case isString:
			err = a.hashtag("tag", name)
		case kind == "Hashtag":
			err = a.hashtag("tag.name", d.words("name"))
		case kind == "Mention":
			err = a.mention(d)
		case kind == "":
			err = coop.Wrong("tag.type", "a tag is a Hashtag or a Mention")
		}
		if err != nil {
			return err
		}
	}
	if n := len(a.post.Tags); n > coop.MaxTags {
		return coop.Wrong("tag", fmt.Sprintf("a post has at most %d hashtags; this one has %d", coop.MaxTags, n))
	}
	return nil
}

// hashtag adds a tag without its '#', once whatever its case.
func (a *applier) hashtag(member, name string) error {
	s := strings.TrimPrefix(strings.TrimSpace(name), "#")
	bad := strings.ContainsFunc(s, func(c rune) bool {
		return c != '_' && c != '-' && !unicode.In(c, unicode.L, unicode.M, unicode.N)
	})
	if s == "" || bad || characters(s) > 60 || strings.Trim(s, "-_") == "" {
		return coop.Wrong(member, fmt.Sprintf("%.60q is no hashtag: at most 60 letters, digits, hyphens and underscores", name))
	}
	if !slices.ContainsFunc(a.post.Tags, func(t string) bool { return strings.EqualFold(t, s) }) {
		a.post.Tags = append(a.post.Tags, s)
	}
	return nil
}

// mention adds somebody who is named and told. AS2 §5.6.
func (a *applier) mention(d rawDoc) error {
	who, err := a.iri("tag.href", d.str("href"))
	if err != nil {
		return err
	}
	user, host, full := strings.Cut(strings.TrimPrefix(strings.TrimSpace(d.str("name")), "@"), "@")
	if !full {
		host = coop.HostOf(who)
	}
	if !goodUsername(user) || !goodHostPort(host) {
		return coop.Wrong("tag.name", "a Mention is named by a handle, like @alice@social.example")
	}
	if slices.ContainsFunc(a.post.Mentions, func(m coop.Mention) bool { return m.Actor == who }) {
		return nil
	}
	if n := len(a.post.Mentions); n == coop.MaxPeople {
		return coop.Wrong("tag", fmt.Sprintf("a post mentions at most %d people", coop.MaxPeople))
	}
	a.post.Mentions = append(a.post.Mentions, coop.Mention{Actor: who, Handle: "@" + user + "@" + host})
	if !slices.Contains(a.post.Cc, who) {
		a.post.Cc = append(slices.Clone(a.post.Cc), who)
	}
	return nil
}

// goodHostPort reports whether s can stand behind the @ of a handle.
func goodHostPort(s string) bool {
	i, err := ParseIRI("https://"+s+"/", false)
	return err == nil && coop.HostOf(i) == strings.ToLower(s)
}

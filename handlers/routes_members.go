// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"strings"

	"github.com/labstack/echo/v4"

	"plenum/auth"
)

// forPrograms are the endpoints of OAuth. Scripts of any site may use them: there is
// nothing that a browser would add by itself. A23.
func (s *Server) forPrograms(e *echo.Echo) {
	get(e, "/.well-known/oauth-authorization-server", s.oauthMetadata, cors)
	get(e, auth.PathResource, s.resourceMetadata, cors)
	get(e, auth.PathResource+"/*", s.resourceMetadata, cors)
	e.POST(auth.PathToken, s.forClients(s.tokens), cors)
	e.POST(auth.PathRevoke, s.forClients(s.revoke), cors)
	e.POST(auth.PathIntrospect, s.introspect, cors)
	e.POST(auth.PathRegister, s.register, cors)
	for _, path := range []string{auth.PathToken, auth.PathRevoke, auth.PathIntrospect, auth.PathRegister, "/.well-known/*"} {
		e.OPTIONS(path, preflight, cors)
	}

	get(e, auth.PathAuthorize, s.authorize)
	e.POST(auth.PathAuthorize, s.forForms(s.consent))
}

// doors are the pages by which members come in. No script of another site reads them.
func (s *Server) doors(e *echo.Echo) {
	get(e, "/login", s.login)
	e.POST("/login", s.signIn, s.sameOrigin)
	e.POST("/login/passkey/begin", s.beginPasskey, s.sameOrigin)
	e.POST("/login/passkey", s.passkey, s.sameOrigin)
	e.POST("/logout", s.forForms(s.signOut))
	get(e, "/invite/:secret", s.invitation)
	e.POST("/invite/:secret", s.takeInvitation, s.sameOrigin)
	get(e, "/reset", s.forgotten)
	e.POST("/reset", s.askReset, s.sameOrigin, s.limitAsking)
	get(e, "/reset/:secret", s.reset)
	e.POST("/reset/:secret", s.setPassword, s.sameOrigin)
}

// rooms are the pages for members. What their forms send proves that it came from
// such a page: forForms.
func (s *Server) rooms(e *echo.Echo) {
	get(e, "/account", s.forMembers(s.account))
	e.POST("/account/profile", s.forForms(s.setProfile))
	e.POST("/account/password", s.forForms(s.changePassword))
	e.POST("/account/sessions", s.forForms(s.endSession))
	e.POST("/account/apps", s.forForms(s.revokeApp))
	e.POST("/account/passkeys/begin", s.forMembers(s.beginNewPasskey), s.sameOrigin)
	e.POST("/account/passkeys", s.forMembers(s.addPasskey), s.sameOrigin)
	e.POST("/account/passkeys/drop", s.forForms(s.dropPasskey))

	get(e, "/members", s.forMembers(s.members))
	get(e, "/members/:name", s.forMembers(s.membersOf))
	e.POST("/members/:name/invite", s.forForms(s.invite))
	e.POST("/members/:name/role", s.forForms(s.setRole))
	e.POST("/members/:name/reset", s.forForms(s.resetLink))
	e.POST("/members/:name/ticket", s.forForms(s.dropInvitation))
	e.POST("/members/:name/two-people", s.forForms(s.setTwoPeople))

	get(e, "/desk", s.forMembers(s.desk))
	get(e, "/desk/:name", s.forMembers(s.wholeDesk))
	get(e, "/desk/:name/new", s.forMembers(s.write))
	e.POST("/desk/:name/new", s.forTexts(s.keepPost, s.writeAgain))
	get(e, "/desk/:name/posts/:id", s.forMembers(s.write))
	e.POST("/desk/:name/posts/:id", s.forTexts(s.keepPost, s.writeAgain))
	get(e, "/desk/:name/posts/:id/preview", s.forMembers(s.preview))
	e.POST("/desk/:name/posts/:id/publish", s.forForms(s.publishNow))
	get(e, "/desk/:name/posts/:id/delete", s.forMembers(s.askDelete))
	e.POST("/desk/:name/posts/:id/delete", s.forForms(s.deletePost))
	e.POST("/desk/:name/offers/:id", s.forForms(s.settleOffer))
	get(e, "/desk/:name/proposals/:id", s.forMembers(s.proposal))
	e.POST("/desk/:name/proposals/:id", s.forForms(s.settle))
}

// forPeople reports whether a route answers forms of pages, and failures of it are
// pages, too.
func forPeople(route string) bool {
	for _, prefix := range []string{"/login", "/logout", "/invite/", "/reset", "/account", "/members", "/desk", auth.PathAuthorize} {
		if strings.HasPrefix(route, prefix) {
			return true
		}
	}
	return false
}

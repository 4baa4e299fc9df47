// SPDX-License-Identifier: AGPL-3.0-or-later

package handlers

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"plenum/auth"
	"plenum/coop"
)

// people routes what the command line does about members.
func (s *Server) people(e *echo.Echo) {
	e.GET("/control/members", s.listMembers)
	e.POST("/control/members", s.addMember)
	e.POST("/control/members/:login/role", s.controlRole)
	e.POST("/control/members/:login/disable", s.disableMember)
	e.POST("/control/members/:login/enable", s.enableMember)
	e.POST("/control/members/:login/reset", s.controlReset)
	e.GET("/control/members/:login/sessions", s.listSessions)
	e.DELETE("/control/members/:login/sessions", s.endSessions)
	e.DELETE("/control/members/:login/sessions/:id", s.endSessions)
	e.GET("/control/coops/:name/invitations", s.listInvitations)
	e.POST("/control/coops/:name/invitations", s.addInvitation)
	e.DELETE("/control/coops/:name/invitations/:id", s.removeInvitation)
}

// PersonInfo is a member as the command line shows them.
type PersonInfo struct {
	ID       coop.ID                 `json:"id"`
	Login    string                  `json:"login"`
	Name     string                  `json:"name"`
	Email    string                  `json:"email,omitempty"`
	Language string                  `json:"language,omitempty"`
	Roles    map[coop.Name]coop.Role `json:"roles"`
	Operator bool                    `json:"operator,omitempty"`
	Created  time.Time               `json:"created"`
	Disabled time.Time               `json:"disabled,omitzero"`
	Link     string                  `json:"link,omitempty"` // set once: by which they choose a password
}

// InvitationInfo is an invitation; Link is set once, when it is made.
type InvitationInfo struct {
	ID      coop.ID   `json:"id"`
	Coop    coop.Name `json:"coop"`
	Role    coop.Role `json:"role"`
	Note    string    `json:"note,omitempty"`
	By      string    `json:"by"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
	Link    string    `json:"link,omitempty"`
}

// SessionInfo is a browser in which a member is signed in.
type SessionInfo struct {
	ID      coop.ID   `json:"id"`
	Agent   string    `json:"agent,omitempty"`
	How     string    `json:"how"`
	Created time.Time `json:"created"`
	Seen    time.Time `json:"seen"`
	Expires time.Time `json:"expires"`
}

// PersonInput is what a member is made of. Without a password they choose one by a
// link.
type PersonInput struct {
	Login    string                  `json:"login"`
	Name     string                  `json:"name,omitempty"`
	Email    string                  `json:"email,omitempty"`
	Language string                  `json:"language,omitempty"`
	Password string                  `json:"password,omitempty"`
	Roles    map[coop.Name]coop.Role `json:"roles,omitempty"`
	Operator bool                    `json:"operator,omitempty"`
}

// InvitationInput is what somebody is invited to.
type InvitationInput struct {
	Role  coop.Role `json:"role"`
	Note  string    `json:"note,omitempty"`
	Email string    `json:"email,omitempty"`
}

// RoleInput is what a member may do for a co-op; the empty role: nothing any more.
type RoleInput struct {
	Coop coop.Name `json:"coop"`
	Role coop.Role `json:"role"`
}

func personInfo(m coop.Member) PersonInfo {
	return PersonInfo{
		ID: m.ID, Login: m.Login, Name: m.Name, Email: m.Email, Language: m.Language, Roles: m.Roles, Operator: m.Operator,
		Created: m.Created, Disabled: m.Disabled,
	}
}

func invitationInfo(t coop.Ticket) InvitationInfo {
	return InvitationInfo{ID: t.ID, Coop: t.Coop, Role: t.Role, Note: t.Note, By: t.By, Created: t.Created, Expires: t.Expires}
}

// machine is whoever holds the data, as the one who acts for a co-op.
func machine(c echo.Context, n coop.Name) coop.Principal {
	return coop.Principal{Coop: n, Role: coop.Admin, By: holder(c)}
}

// memberNamed finds a member by the name to sign in with, which a path has.
func (s *Server) memberNamed(c echo.Context) (coop.Member, error) {
	m, err := s.Auth.People.MemberByLogin(c.Request().Context(), c.Param("login"))
	if coop.CodeOf(err) == coop.NotFound {
		err = coop.Fail(coop.NotFound, "handlers.memberNamed", "there is no member with the sign-in name "+c.Param("login"))
	}
	return m, err
}

func answerPerson(c echo.Context, m coop.Member, err error) error {
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, personInfo(m))
}

func (s *Server) listMembers(c echo.Context) error {
	n := coop.Name(c.QueryParam("coop"))
	rows, err := s.Auth.Members(c.Request().Context(), machine(c, n), n)
	if err != nil {
		return err
	}
	infos := make([]PersonInfo, len(rows))
	for i, m := range rows {
		infos[i] = personInfo(m)
	}
	return c.JSON(http.StatusOK, infos)
}

// addMember makes a member. One without a password gets a link to choose one by.
func (s *Server) addMember(c echo.Context) error {
	var in PersonInput
	if err := readJSON(c, &in); err != nil {
		return err
	}
	ctx, by := c.Request().Context(), machine(c, "")
	for n := range in.Roles {
		if _, err := s.coopNamed(ctx, string(n)); err != nil {
			return err
		}
	}
	m, err := s.Auth.AddMember(ctx, by, auth.NewMember{Login: in.Login, Name: in.Name, Email: in.Email, Language: in.Language, Password: in.Password}, in.Roles, in.Operator)
	if err != nil {
		return err
	}
	info := personInfo(m)
	if in.Password == "" {
		secret, err := s.Auth.ResetLink(ctx, by, m.ID)
		if err != nil {
			return err
		}
		info.Link = s.Site.Base() + "/reset/" + secret
	}
	return c.JSON(http.StatusOK, info)
}

func (s *Server) controlRole(c echo.Context) error {
	var in RoleInput
	if err := readJSON(c, &in); err != nil {
		return err
	}
	m, err := s.memberNamed(c)
	if err != nil {
		return err
	}
	row, err := s.coopNamed(c.Request().Context(), string(in.Coop))
	if err != nil {
		return err
	}
	m, err = s.Auth.SetRole(c.Request().Context(), machine(c, row.Name), m.ID, row.Name, in.Role)
	return answerPerson(c, m, err)
}

func (s *Server) disableMember(c echo.Context) error {
	m, err := s.memberNamed(c)
	if err == nil {
		m, err = s.Auth.Disable(c.Request().Context(), machine(c, ""), m.ID)
	}
	return answerPerson(c, m, err)
}

func (s *Server) enableMember(c echo.Context) error {
	m, err := s.memberNamed(c)
	if err == nil {
		m, err = s.Auth.Enable(c.Request().Context(), machine(c, ""), m.ID)
	}
	return answerPerson(c, m, err)
}

// controlReset makes a link by which a member chooses a new password.
func (s *Server) controlReset(c echo.Context) error {
	m, err := s.memberNamed(c)
	if err != nil {
		return err
	}
	secret, err := s.Auth.ResetLink(c.Request().Context(), machine(c, ""), m.ID)
	if err != nil {
		return err
	}
	info := personInfo(m)
	info.Link = s.Site.Base() + "/reset/" + secret
	return c.JSON(http.StatusOK, info)
}

func (s *Server) listSessions(c echo.Context) error {
	m, err := s.memberNamed(c)
	if err != nil {
		return err
	}
	rows, err := s.Auth.Sessions(c.Request().Context(), m.ID)
	if err != nil {
		return err
	}
	infos := make([]SessionInfo, len(rows))
	for i, v := range rows {
		infos[i] = SessionInfo{ID: v.ID, Agent: v.Agent, How: v.How, Created: v.Created, Seen: v.Seen, Expires: v.Expires}
	}
	return c.JSON(http.StatusOK, infos)
}

// endSessions ends one session of a member, or all where the path names none.
func (s *Server) endSessions(c echo.Context) error {
	m, err := s.memberNamed(c)
	if err != nil {
		return err
	}
	if err := s.Auth.EndSession(c.Request().Context(), m.ID, coop.ID(c.Param("id"))); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func (s *Server) listInvitations(c echo.Context) error {
	n, err := s.one(c)
	if err != nil {
		return err
	}
	rows, err := s.Auth.Invitations(c.Request().Context(), machine(c, n), n)
	if err != nil {
		return err
	}
	infos := make([]InvitationInfo, len(rows))
	for i, t := range rows {
		infos[i] = invitationInfo(t)
	}
	return c.JSON(http.StatusOK, infos)
}

func (s *Server) addInvitation(c echo.Context) error {
	var in InvitationInput
	if err := readJSON(c, &in); err != nil {
		return err
	}
	row, err := s.coopNamed(c.Request().Context(), c.Param("name"))
	if err != nil {
		return err
	}
	secret, t, err := s.Auth.Invite(c.Request().Context(), machine(c, row.Name), row.Name, in.Role, in.Note, in.Email)
	if err != nil {
		return err
	}
	info := invitationInfo(t)
	info.Link = s.Site.Base() + "/invite/" + secret
	return c.JSON(http.StatusOK, info)
}

func (s *Server) removeInvitation(c echo.Context) error {
	n, err := s.one(c)
	if err != nil {
		return err
	}
	if err := s.Auth.DropInvitation(c.Request().Context(), machine(c, n), n, coop.ID(c.Param("id"))); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

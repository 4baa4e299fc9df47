// SPDX-License-Identifier: AGPL-3.0-or-later

package auth

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"plenum/coop"
)

// OAuthError is what a client is told in the words of RFC 6749 §5.2.
type OAuthError struct {
	Code        string // "invalid_grant"
	Description string
	Status      int
}

// Error implements error.
func (e *OAuthError) Error() string { return "oauth: " + e.Code + ": " + e.Description }

// JSON is the body of the answer. RFC 6749 §5.2.
func (e *OAuthError) JSON() []byte {
	return encode(map[string]string{"error": e.Code, "error_description": described(e.Description)})
}

// described keeps what an error_description may hold. RFC 6749 §5.2.
func described(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return '\''
		}
		return r
	}, s)
}

func refuse(code, description string) *OAuthError {
	return &OAuthError{Code: code, Description: description, Status: http.StatusBadRequest}
}

// noClient says that a client did not prove who it is. RFC 6749 §5.2.
func noClient(description string) *OAuthError {
	return &OAuthError{Code: "invalid_client", Description: description, Status: http.StatusUnauthorized}
}

// encode is v as JSON; what is given to it can always be encoded.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("auth: " + err.Error())
	}
	return b
}

// once refuses a parameter that is there more than once. RFC 6749 §3.1, §3.2.
func once(form url.Values, but ...string) error {
	for name, values := range form {
		if len(values) > 1 && !slices.Contains(but, name) {
			return refuse("invalid_request", "a parameter is given more than once: "+line(name, 50))
		}
	}
	return nil
}

// scopes reads what a client asks for: those we do not know are not refused, as
// clients ask for what other servers have. Without one that we know it may read.
// Nothing that a client says makes it moderate. RFC 6749 §3.3.
func scopes(asked string) []coop.Scope {
	var all []coop.Scope
	for _, s := range []coop.Scope{coop.Read, coop.Write} {
		if slices.Contains(strings.Fields(asked), string(s)) {
			all = append(all, s)
		}
	}
	if all == nil {
		return []coop.Scope{coop.Read}
	}
	return all
}

func words(all []coop.Scope) string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = string(s)
	}
	return strings.Join(out, " ")
}

// resource finds the co-op that a token is to be for: an actor of ours, or one of its
// collections. The site as a whole names none. RFC 8707 §2.
func (s *Service) resource(asked []string) (n coop.Name, err error) {
	for _, r := range asked {
		if r == s.Site.Base() || r == s.Site.Base()+"/" {
			continue
		}
		ref, ok := s.Site.Parse(coop.IRI(r))
		if !ok || ref.Name == "" || ref.Name == coop.Relay || n != "" && n != ref.Name {
			return "", refuse("invalid_target", "resource has to be this instance or one co-op of it")
		}
		n = ref.Name
	}
	return n, nil
}

// Where clients find what.
const (
	PathAuthorize  = "/oauth/authorize"
	PathToken      = "/oauth/token"
	PathRegister   = "/oauth/register"
	PathRevoke     = "/oauth/revoke"
	PathIntrospect = "/oauth/introspect"
	PathResource   = "/.well-known/oauth-protected-resource"
)

// Metadata is what clients find at /.well-known/oauth-authorization-server. RFC 8414
// §2, RFC 9207 §3, draft-ietf-oauth-client-id-metadata-document, FEP-d8c2.
func (s *Service) Metadata() []byte {
	base := s.Site.Base()
	methods := []string{"none", "client_secret_basic", "client_secret_post"}
	return encode(map[string]any{
		"issuer":                                         base,
		"authorization_endpoint":                         base + PathAuthorize,
		"token_endpoint":                                 base + PathToken,
		"registration_endpoint":                          base + PathRegister,
		"revocation_endpoint":                            base + PathRevoke,
		"introspection_endpoint":                         base + PathIntrospect,
		"scopes_supported":                               []coop.Scope{coop.Read, coop.Write},
		"response_types_supported":                       []string{"code"},
		"response_modes_supported":                       []string{"query"},
		"grant_types_supported":                          []string{"authorization_code", "refresh_token"},
		"token_endpoint_auth_methods_supported":          methods,
		"revocation_endpoint_auth_methods_supported":     methods,
		"introspection_endpoint_auth_methods_supported":  []string{"Bearer"},
		"code_challenge_methods_supported":               []string{"S256"},
		"authorization_response_iss_parameter_supported": true,
		"client_id_metadata_document_supported":          true,
		"activitypub_universal_client_id":                true,
		"ui_locales_supported":                           []string{"de", "en"},
	})
}

// ResourceMetadata says who gives out tokens for a co-op, or for the empty name for
// the instance. RFC 9728 §2.
func (s *Service) ResourceMetadata(n coop.Name) []byte {
	if n == "" {
		return s.resourceAt(s.Site.Base())
	}
	return s.resourceAt(string(s.Site.Actor(n)))
}

// ResourceAt is what stands at /.well-known/oauth-protected-resource with a path
// behind it: about the instance, a co-op, its outbox, or what is below /api/. ok is
// false where no token opens anything. RFC 9728 §3.1.
func (s *Service) ResourceAt(path string) (doc []byte, ok bool) {
	if path == "" || path == "/" {
		return s.ResourceMetadata(""), true
	}
	ref, ok := s.Site.ParsePath(path)
	ours := ok && ref.Page == 0 && (ref.Kind == coop.RefActor || ref.Kind == coop.RefCollection)
	if !ours && (!strings.HasPrefix(path, "/api/") || strings.Trim(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_-.") != "") {
		return nil, false
	}
	return s.resourceAt(s.Site.Base() + path), true
}

func (s *Service) resourceAt(resource string) []byte {
	return encode(map[string]any{
		"resource":                 resource,
		"authorization_servers":    []string{s.Site.Base()},
		"scopes_supported":         []coop.Scope{coop.Read, coop.Write},
		"bearer_methods_supported": []string{"header"},
	})
}

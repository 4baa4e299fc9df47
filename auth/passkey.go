// SPDX-License-Identifier: AGPL-3.0-or-later

package auth

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"plenum/coop"
	"plenum/recent"
)

// ceremonyFor is how long somebody may take to touch their device.
const ceremonyFor = 5 * time.Minute

// ceremony keeps what belongs to passkeys being made or used out of reach: the state
// of each is given to the browser sealed, so that strangers who begin many take no
// memory. The key is that of the process. Which challenges were answered is kept until
// their time is over, so that no answer is good twice. WebAuthn §13.4.3.
type ceremony struct {
	mu    sync.Mutex
	seal  cipher.AEAD
	spent recent.Map[string, struct{}]
}

// spentMost is how many answered challenges are remembered: only a device of a member
// can answer one.
const spentMost = 20_000

// The kinds of ceremonies; what began as one does not end as the other.
const (
	making = "make"
	using  = "use"
)

// begun is the sealed state.
type begun struct {
	Session webauthn.SessionData
	Until   time.Time
}

func (s *Service) sealer() (cipher.AEAD, error) {
	s.ceremony.mu.Lock()
	defer s.ceremony.mu.Unlock()
	if s.ceremony.seal != nil {
		return s.ceremony.seal, nil
	}
	key := make([]byte, 32)
	if _, err := io.ReadFull(s.Rand, key); err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	s.ceremony.seal, err = cipher.NewGCMWithRandomNonce(block)
	return s.ceremony.seal, err
}

func (s *Service) sealState(kind string, v *webauthn.SessionData) ([]byte, error) {
	seal, err := s.sealer()
	if err != nil {
		return nil, err
	}
	plain, err := json.Marshal(begun{Session: *v, Until: s.Now().Add(ceremonyFor)})
	if err != nil {
		return nil, err
	}
	return base64.RawURLEncoding.AppendEncode(nil, seal.Seal(nil, nil, plain, []byte(kind))), nil
}

func errStale() error {
	return coop.Fail(coop.Gone, "auth.passkey", "this took too long, or was done already; start again")
}

// openState opens what sealState made for the same kind, in time and not yet spent.
func (s *Service) openState(kind string, state []byte) (v webauthn.SessionData, err error) {
	seal, err := s.sealer()
	if err != nil {
		return v, err
	}
	raw, err := base64.RawURLEncoding.AppendDecode(nil, state)
	if err != nil {
		return v, errStale()
	}
	plain, err := seal.Open(nil, nil, raw, []byte(kind))
	if err != nil {
		return v, errStale()
	}
	var b begun
	if err := json.Unmarshal(plain, &b); err != nil || !s.Now().Before(b.Until) {
		return v, errStale()
	}
	return b.Session, nil
}

// spend makes a challenge good for nothing more, and reports whether it was good.
func (s *Service) spend(challenge string) bool {
	s.ceremony.mu.Lock()
	defer s.ceremony.mu.Unlock()
	if _, twice := s.ceremony.spent.Peek(challenge); twice {
		return false
	}
	s.ceremony.spent.Put(challenge, struct{}{}, 1, spentMost)
	return true
}

// relying is the library with what we are to devices: the domain, on which passkeys
// work and nowhere else. They need a name, or localhost. WebAuthn §5.1.2.
func (s *Service) relying() (*webauthn.WebAuthn, error) {
	host := s.Site.Domain
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	w, err := webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: s.Site.Domain, RPOrigins: []string{s.Site.Base()},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired, // it replaces the password
		},
	})
	if err != nil {
		return nil, &coop.Error{Code: coop.Unsupported, Op: "auth.passkey", Msg: "passkeys do not work at this address", Err: err}
	}
	return w, nil
}

// person is a member as the library knows one.
type person struct {
	coop.Member
	keys []webauthn.Credential
}

func (p *person) WebAuthnID() []byte                         { return p.Handle }
func (p *person) WebAuthnName() string                       { return p.Login }
func (p *person) WebAuthnDisplayName() string                { return p.Name }
func (p *person) WebAuthnCredentials() []webauthn.Credential { return p.keys }

// person is a member with the passkeys that they have.
func (s *Service) person(ctx context.Context, m coop.Member) (*person, error) {
	rows, err := s.Devices.Passkeys(ctx, m.ID)
	if err != nil {
		return nil, err
	}
	p := &person{Member: m}
	for _, k := range rows {
		var c webauthn.Credential
		if err := json.Unmarshal(k.Credential, &c); err != nil {
			return nil, fmt.Errorf("read a passkey: %w", err)
		}
		p.keys = append(p.keys, c)
	}
	return p, nil
}

// BeginPasskey begins to make a passkey for a member who is signed in: options are
// for the browser, state comes back with its answer. WebAuthn §7.1.
func (s *Service) BeginPasskey(ctx context.Context, m coop.Member) (options, state []byte, err error) {
	w, err := s.relying()
	if err != nil {
		return nil, nil, err
	}
	p, err := s.person(ctx, m)
	if err != nil {
		return nil, nil, err
	}
	o, v, err := w.BeginRegistration(p, webauthn.WithExclusions(webauthn.Credentials(p.keys).CredentialDescriptors()))
	if err != nil {
		return nil, nil, fmt.Errorf("begin a passkey: %w", err)
	}
	if options, err = json.Marshal(o); err != nil {
		return nil, nil, err
	}
	state, err = s.sealState(making, v)
	return options, state, err
}

// responseBytes bounds what a browser may answer.
const responseBytes = 64 << 10

// AddPasskey keeps the passkey that a device made, under a name that the member knows
// it by.
func (s *Service) AddPasskey(ctx context.Context, m coop.Member, name string, state, response []byte) (coop.Passkey, error) {
	const op = "auth.AddPasskey"
	v, err := s.openState(making, state)
	if err != nil {
		return coop.Passkey{}, err
	}
	w, err := s.relying()
	if err != nil {
		return coop.Passkey{}, err
	}
	if len(response) > responseBytes || !bytes.Equal(v.UserID, m.Handle) {
		return coop.Passkey{}, coop.Fail(coop.Invalid, op, "this passkey was begun for somebody else")
	}
	wrong := func(err error) error {
		return &coop.Error{Code: coop.Invalid, Op: op, Msg: "the device did not make a passkey that can be used here", Err: err}
	}
	r, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return coop.Passkey{}, wrong(err)
	}
	c, err := w.CreateCredential(&person{Member: m}, v, r)
	if err != nil {
		return coop.Passkey{}, wrong(err)
	}
	if !s.spend(v.Challenge) {
		return coop.Passkey{}, errStale()
	}
	k := coop.Passkey{ID: c.ID, Member: m.ID, Name: line(name, 60), Created: s.now()}
	if k.Name == "" {
		k.Name = "passkey"
	}
	if k.Credential, err = json.Marshal(c); err != nil {
		return coop.Passkey{}, err
	}
	if err := s.Devices.AddPasskey(ctx, k); err != nil {
		return k, err
	}
	s.send(letterPasskey(s.Site, m, k.Name))
	return k, nil
}

// BeginSignIn begins a sign-in by a passkey, of nobody in particular: whose it is, the
// device says. WebAuthn §7.2.
func (s *Service) BeginSignIn(context.Context) (options, state []byte, err error) {
	w, err := s.relying()
	if err != nil {
		return nil, nil, err
	}
	o, v, err := w.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, nil, fmt.Errorf("begin a sign-in: %w", err)
	}
	if options, err = json.Marshal(o); err != nil {
		return nil, nil, err
	}
	state, err = s.sealState(using, v)
	return options, state, err
}

// PasskeySignIn makes a session for the member whose device answered.
func (s *Service) PasskeySignIn(ctx context.Context, state, response []byte, from, agent string) (secret string, _ coop.Session, _ coop.Member, err error) {
	try, err := s.attempt(from, "")
	if err != nil {
		return "", coop.Session{}, coop.Member{}, err
	}
	v, err := s.openState(using, state)
	if err != nil {
		return "", coop.Session{}, coop.Member{}, err
	}
	m, err := s.answered(ctx, v, response)
	if err != nil {
		if coop.CodeOf(err) != coop.Unauthorized {
			try.forgiven(false)
		}
		return "", coop.Session{}, coop.Member{}, err
	}
	try.forgiven(true)
	return s.open(ctx, m, "passkey", agent)
}

// answered checks a device's answer to a challenge and says whose device it is.
func (s *Service) answered(ctx context.Context, v webauthn.SessionData, response []byte) (coop.Member, error) {
	refused := func(err error) error {
		return &coop.Error{Code: coop.Unauthorized, Op: "auth.PasskeySignIn", Msg: "this passkey is not known here, or did not answer as it has to", Err: err}
	}
	w, err := s.relying()
	if err != nil {
		return coop.Member{}, err
	}
	if len(response) > responseBytes {
		return coop.Member{}, refused(nil)
	}
	r, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return coop.Member{}, refused(err)
	}
	var ours error // of the store
	user, c, err := w.ValidatePasskeyLogin(func(id, _ []byte) (webauthn.User, error) {
		k, err := s.Devices.Passkey(ctx, id)
		if err != nil {
			ours = err
			return nil, err
		}
		m, err := s.People.Member(ctx, k.Member)
		if err != nil {
			ours = err
			return nil, err
		}
		var c webauthn.Credential
		if ours = json.Unmarshal(k.Credential, &c); ours != nil {
			return nil, ours
		}
		return &person{Member: m, keys: []webauthn.Credential{c}}, nil
	}, v, r)
	if ours != nil && coop.CodeOf(ours) != coop.NotFound {
		return coop.Member{}, ours
	}
	if err != nil {
		return coop.Member{}, refused(err)
	}
	m := user.(*person).Member
	if c.Authenticator.CloneWarning || !m.Disabled.IsZero() { // two devices count for one key. WebAuthn §7.2, step 22
		s.log().WarnContext(ctx, "passkey refused", "member", string(m.ID), "cloned", c.Authenticator.CloneWarning)
		return coop.Member{}, refused(nil)
	}
	if !s.spend(v.Challenge) {
		return coop.Member{}, errStale()
	}
	b, err := json.Marshal(c)
	if err != nil {
		return coop.Member{}, err
	}
	return m, s.Devices.UsePasskey(ctx, c.ID, b, s.now())
}

// Passkeys are those of a member.
func (s *Service) Passkeys(ctx context.Context, member coop.ID) ([]coop.Passkey, error) {
	return s.Devices.Passkeys(ctx, member)
}

// DropPasskey forgets a passkey of a member.
func (s *Service) DropPasskey(ctx context.Context, member coop.ID, id []byte) error {
	return s.Devices.DropPasskey(ctx, member, id)
}

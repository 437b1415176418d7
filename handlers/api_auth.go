package handlers

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/samplit/samplit/services"
)

// credentialBody bounds what carries a password: it is refused long before anything is hashed.
const credentialBody = 16 << 10

func (h *server) authAPI(a *api) {
	small := maxBody(credentialBody)
	open(a, http.MethodPost, "/auth/register", "Create a person and the account they own", h.apiRegister, small, status(http.StatusCreated))
	open(a, http.MethodPost, "/auth/login", "Sign in", h.apiLogin, small)
	open(a, http.MethodPost, "/auth/refresh", "Exchange a refresh token for new tokens; each works once", h.apiRefresh, small)
	open(a, http.MethodPost, "/auth/logout", "End the sign-in that a refresh token belongs to", h.apiLogout, small)
	secured(a, http.MethodGet, "/auth/me", "Who the token speaks for", h.apiMe)
}

type registerInput struct {
	Body struct {
		Email    string `json:"email" example:"ana@shop.example"`
		Password string `json:"password" doc:"8 to 256 characters."`
		Name     string `json:"name"`
		Company  string `json:"company,omitempty" doc:"Name of the account; the person's name when left out."`
	}
}

type loginInput struct {
	Body struct {
		Email    string `json:"email"`
		Password string `json:"password"`
	}
}

type refreshInput struct {
	Body struct {
		RefreshToken string `json:"refresh_token"`
	}
}

type tokenOutput struct{ Body tokenReply }

type tokenReply struct {
	AccessToken  string       `json:"access_token"`
	TokenType    string       `json:"token_type" example:"Bearer"`
	ExpiresIn    int          `json:"expires_in" doc:"Seconds."`
	RefreshToken string       `json:"refresh_token"`
	User         userReply    `json:"user"`
	Account      accountReply `json:"account"`
}

type userReply struct {
	ID    uuid.UUID `json:"id" format:"uuid"`
	Email string    `json:"email"`
	Name  string    `json:"name"`
}

type accountReply struct {
	ID   uuid.UUID `json:"id" format:"uuid"`
	Name string    `json:"name"`
}

type meOutput struct {
	Body struct {
		User    userReply     `json:"user"`
		Account accountReply  `json:"account"`
		Role    services.Role `json:"role" enum:"owner,admin,editor,viewer"`
	}
}

func (h *server) apiRegister(ctx context.Context, in *registerInput) (*tokenOutput, error) {
	who, err := h.Accounts.Register(ctx, services.Registration{Email: in.Body.Email, Password: in.Body.Password,
		Name: in.Body.Name, Company: in.Body.Company}, address(echoOf(ctx)))
	if err != nil {
		return nil, err
	}
	return h.issue(ctx, who)
}

func (h *server) apiLogin(ctx context.Context, in *loginInput) (*tokenOutput, error) {
	who, err := h.Accounts.SignIn(ctx, in.Body.Email, in.Body.Password, address(echoOf(ctx)), services.API)
	if err != nil {
		return nil, err
	}
	return h.issue(ctx, who)
}

func (h *server) apiRefresh(ctx context.Context, in *refreshInput) (*tokenOutput, error) {
	who, pair, err := h.Tokens.Refresh(ctx, in.Body.RefreshToken)
	if err != nil {
		return nil, err
	}
	return tokens(who, pair), nil
}

func (h *server) apiLogout(ctx context.Context, in *refreshInput) (*struct{}, error) {
	return nil, h.Tokens.Revoke(ctx, in.Body.RefreshToken)
}

func (h *server) apiMe(ctx context.Context, by services.Actor, _ *struct{}) (*meOutput, error) {
	who, err := h.Accounts.Me(ctx, by)
	if err != nil {
		return nil, err
	}
	out := &meOutput{}
	out.Body.User, out.Body.Account, out.Body.Role = userOf(who), accountOf(who), who.Role
	return out, nil
}

func (h *server) issue(ctx context.Context, who services.Person) (*tokenOutput, error) {
	pair, err := h.Tokens.Issue(ctx, who)
	if err != nil {
		return nil, err
	}
	return tokens(who, pair), nil
}

func tokens(who services.Person, pair services.TokenPair) *tokenOutput {
	return &tokenOutput{tokenReply{AccessToken: pair.Access, TokenType: "Bearer", ExpiresIn: int(pair.ExpiresIn.Seconds()),
		RefreshToken: pair.Refresh, User: userOf(who), Account: accountOf(who)}}
}

func userOf(p services.Person) userReply { return userReply{p.User, p.Email, p.Name} }

func accountOf(p services.Person) accountReply { return accountReply{p.Account, p.AccountName} }

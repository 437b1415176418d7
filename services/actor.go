package services

import (
	"github.com/google/uuid"
)

// Role of a member in an account; each may do what those after it may.
type Role string

const (
	Owner  Role = "owner"
	Admin  Role = "admin"
	Editor Role = "editor"
	Viewer Role = "viewer"
)

var rank = map[Role]int{Owner: 4, Admin: 3, Editor: 2, Viewer: 1}

// Actor is who asks, in which account. Doors make it from a credential and from nothing else.
type Actor struct {
	Account uuid.UUID
	User    uuid.UUID // of a key the person who made it
	Role    Role
	Key     uuid.UUID // zero: a person asks
}

// may returns Forbidden unless the actor's role is at least the one needed.
func (a Actor) may(needed Role) error {
	if rank[a.Role] < rank[needed] {
		return forbidden()
	}
	return nil
}

// name is how the audit calls the actor.
func (a Actor) name() string {
	switch {
	case a.Key != uuid.Nil:
		return "key:" + a.Key.String()
	case a.User == uuid.Nil:
		return "system"
	}
	return "user:" + a.User.String()
}

package views

// LoginForm is the sign-in form: POST /login with email, password and next (a path to go to, may be empty).
type LoginForm struct {
	Email, Next string
	Errors      Errors // "", email, password
}

// RegisterForm creates an account: POST /register with name, email, password, company (optional).
type RegisterForm struct {
	Name, Email, Company string
	InviteOnly           bool // registration is closed; the page says so instead of the form
	Errors               Errors
}

// ForgotForm asks for a reset link: POST /forgot with email. Sent shows the same answer whether or not the address is known.
type ForgotForm struct {
	Email  string
	Sent   bool
	Errors Errors
}

// ResetForm sets a new password: POST /reset with token and password. Invalid says that the link is used or too old.
type ResetForm struct {
	Token   string
	Invalid bool
	Errors  Errors
}

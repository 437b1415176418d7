// Package views renders Samplit's pages and messages. A view is a templ component over a view model of this package; it knows
// no service and no database, and it reads no clock: the moment is [Page].Now, the language is the context's (package locale).
//
// # Pages and fragments
//
// Every page component takes (Page, model) and writes a whole document with its own title and its place in the navigation.
// Where a part of it can be asked for alone, that part is a component with the same two arguments, and the page contains it;
// a handler answers with the part when the request has HX-Request and not HX-History-Restore-Request, else with the page.
//
//	GET        address                          page (Page, model)                           part
//	           /                                LandingPage (Page) — signed out; signed in goes to /home
//	           /login                           LoginPage (LoginForm)
//	           /register                        RegisterPage (RegisterForm)
//	           /forgot                          ForgotPage (ForgotForm)
//	           /reset?token=                    ResetPage (ResetForm)
//	           /home                            HomePage (Home)
//	           /search?q=                       SearchPage (Search)                          SearchResults
//	           /sites                           SitesPage (SiteList)
//	           /sites/new                       SiteFormPage (SiteForm)                      SiteFormBody
//	           /sites/{id}                      SitePage (Site)
//	           /sites/{id}/check                SitePage (Site)                              InstallCheck (Install)
//	           /experiments?q=&status=&page=    ExperimentsPage (ExperimentList)             ExperimentRows
//	           /experiments/new, …/{id}/edit    ExperimentFormPage (ExperimentForm)          ExperimentFormBody
//	           /experiments/{id}?goal=          ResultsPage (Results)                        ResultsBody
//	           /experiments/{id}/results?goal=  ResultsPage (Results)                        ResultsBody
//	           /experiments/{id}/changes        ChangesPage (Changes)
//	           /experiments/{id}/settings       ExperimentSettingsPage (ExperimentSettings)  TrafficForm
//	           /experiments/{id}/history        HistoryPage (History)
//	           /experiments/{id}/confirm?status=  StatusConfirmPage (StatusConfirm)          StatusConfirmBody
//	           /audit                           HistoryPage (History, Experiment nil)
//	           /settings                        SettingsPage (Settings)                      ProfileFormBody, PasswordFormBody
//	           /dev/mail, /dev/mail/{id}        MailboxPage (Mailbox), CaughtMailPage (CaughtMail)
//	           any error                        ProblemPage (Problem)                        ProblemBody
//
// /experiments/{id}/results is asked every 3 seconds while the experiment runs; the request carries If-None-Match when
// Results.ETag is set, and 304 leaves the page alone.
//
// # Forms
//
// Every form is a plain POST that works without scripts: a refused one is answered 422 with the same page and model, the typed
// values and Errors filled in (passwords are never sent back); an accepted one redirects with 303, or with HX-Redirect on an
// empty 200 when the request was htmx's. Forms with a part also carry hx-post: a refused htmx request is answered 422 with the
// part alone. 409 is swapped too: show the form again with Errors[""] = "error.changed_elsewhere".
//
//	POST /login                           email, password, next
//	POST /register                        name, email, password, company
//	POST /forgot                          email
//	POST /reset                           token, password
//	POST /logout
//	POST /sites/new                       url, name
//	POST /sites/{id}/check                start watching and look at the page again → InstallCheck part or 303 to the site
//	POST /experiments/new, …/{id}/edit    see ExperimentForm; ParseExperimentForm and Apply read it
//	POST /experiments/{id}/status         status (running, paused, completed, archived), winner (variant key, may be empty)
//	POST /experiments/{id}/duplicate      303 to the copy's edit page
//	POST /experiments/{id}/traffic        traffic (percent), weights[KEY] or weights[ELEMENT][KEY] (percent, fair split only), version
//	POST /settings                        name, lang, theme
//	POST /settings/password               current, password
//	POST /settings/sessions/{id}          signs that session out; id "others" all but this one
//
// Keys of Errors are the field names; a value is a message id or a finished sentence in the page's language. Ids made for it:
// error.required, error.email, error.url, error.too_long, error.too_short_password, error.wrong_password, error.email_taken,
// error.bad_credentials, error.percent, error.sum_100, error.selector, error.choose, error.changed_elsewhere, error.form (for the
// form as a whole), error.state. Flash texts after an accepted form: flash.started, paused, resumed, completed, archived,
// duplicated, saved, traffic, password, session, sessions, site, welcome.
//
// # What a browser is sent
//
// No inline script, style attribute or event handler: the policy may be script-src 'self' 'nonce-…'; style-src 'self'
// 'nonce-…'. Data for charts travels in script elements of type application/json, which no policy executes. The theme is the
// cookie "theme" (paper or ink), applied by the server.
package views

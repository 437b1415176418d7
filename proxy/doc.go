// Package proxy reaches out to the web for the app: pages for the editor, install checks, webhooks. It is the only package that dials
// addresses which somebody outside has named, and the only place that decides which of them may be dialled.
package proxy

// Package audit is the format of the record of changes and how it is checked: canonical payloads, the hash chain and the Merkle
// tree over it (RFC 6962), signed checkpoints and the bundles that carry them out of the database. It is pure: no I/O of its own, no
// clock, no randomness. docs/audit.md describes the same for a second implementation.
package audit

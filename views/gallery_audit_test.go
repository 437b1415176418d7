package views

import "time"

func auditWing() []exhibit {
	key := "samplit-audit+3a8f2c1d+AVpjcWl0b3JpYWxleGFtcGxla2V5MDEyMzQ1Njc4OWFi"
	seal := AuditSeal{Entries: 1285, Sealed: 1285, At: moment.Add(-40 * time.Second), Root: "u1JkVd0x7mY2C5mZQnqK0b1p7eJw3rT9oXl8sG4hHfA=", Key: key}
	list := History{Rows: append(sampleHistory(), HistoryRow{Seq: 1263, At: moment.AddDate(0, 0, -5), Actor: "Ana Ruiz", Action: "key.created", Erased: true}),
		Next: "/audit?before=1263", People: []Person{{"user:1", "Ana Ruiz"}, {"user:2", "Tom Becker"}}, Seal: &seal}
	with := func(change func(*History, *AuditSeal)) History {
		m, s := list, seal
		m.Seal = &s
		change(&m, &s)
		return m
	}
	checkpoint := "samplit/audit/0199f0c2-7d10-7c3e-9a41-2f6b8d0e0001\n1285\nu1JkVd0x7mY2C5mZQnqK0b1p7eJw3rT9oXl8sG4hHfA=\n\n— samplit-audit Oo8sHZk1n3yV0q2kXb7cJw==\n"
	traces := Traces{IDs: 2, Assignments: 3, Conversions: 4, Events: 131, Orders: 2}
	erased := Erasure{ID: "0199f0c2-7d10-7c3e-9a41-2f6b8d0e0001", State: "done", By: "Ana Ruiz", Searched: 38, Days: 38, Erased: traces, At: moment.Add(-26 * time.Hour), Entry: 1271}
	running := Erasure{ID: "e2", State: "running", By: "Tom Becker", Searched: 11, Days: 38, At: moment.Add(-20 * time.Second), Entry: -1}
	failed := Erasure{ID: "e3", State: "failed", By: "Tom Becker", At: moment.AddDate(0, 0, -9), Entry: -1}
	many := traces
	many.Events = -1
	asked := Erase{Visitor: "0b8f1f3a-52c7-4d0e-9f3a-6d1f0c2e77aa", User: "lucia.ferrer@mail.example"}
	found, missed, nobody := asked, asked, Erase{Errors: Errors{"visitor": "error.erase_nobody"}}
	found.Found, found.History, found.Errors = &many, []Erasure{running, erased, failed}, Errors{"confirm": "error.erase_confirm"}
	missed.Found = &Traces{IDs: 2}
	return []exhibit{
		fixed("erase", ErasePage, Erase{History: []Erasure{running, erased, failed}}), fixed("erase-empty", ErasePage, nobody),
		fixed("erase-found", ErasePage, found), fixed("erase-none", ErasePage, missed),
		fixed("erasure-running", ErasurePage, running), fixed("erasure-done", ErasurePage, erased), fixed("erasure-failed", ErasurePage, failed),
		fixed("audit-sealed", HistoryPage, list),
		fixed("audit-checked", HistoryPage, with(func(_ *History, s *AuditSeal) {
			s.Checked = &AuditChecked{OK: true, First: -1, Entries: 1285, Erased: 3, Checkpoints: 41, At: moment}
		})),
		fixed("audit-broken", HistoryPage, with(func(_ *History, s *AuditSeal) {
			s.Problem, s.Checked = "audit_fork", &AuditChecked{Code: "fork", First: 1240, At: moment, Around: 2}
		})),
		fixed("audit-busy", HistoryPage, with(func(_ *History, s *AuditSeal) { s.Sealed, s.Checked = 1280, &AuditChecked{Busy: true} })),
		fixed("audit-none", HistoryPage, with(func(m *History, _ *AuditSeal) { m.Rows, m.Next, m.Family, m.Who = nil, "", "key", "user:2" })),
		fixed("audit-no-key", HistoryPage, with(func(_ *History, s *AuditSeal) { *s = AuditSeal{Entries: 12, Problem: "audit_no_key"} })),
		fixed("audit-certificate", CertificatePage, Certificate{OK: true, Entries: 1285, Erased: 3, Checkpoint: checkpoint, Key: key, At: moment}),
		fixed("audit-certificate-bad", CertificatePage, Certificate{Code: "hash", Checkpoint: checkpoint, Key: key, At: moment}),
	}
}

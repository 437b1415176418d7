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
	return []exhibit{
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

package db_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/samplit/samplit/db"
	"github.com/samplit/samplit/db/dbtest"
)

// exempt names the tables without a tenant, and why.
var exempt = map[string]string{
	"users":            "a person may belong to several accounts; read before a tenant is known",
	"sessions":         "read before a tenant is known, by an unguessable id",
	"refresh_tokens":   "read before a tenant is known, by an unguessable id",
	"password_resets":  "read before a tenant is known, by an unguessable id",
	"event_archives":   "days of events of all accounts that were moved to the object store",
	"audit_clock":      "how far the decisions of all accounts are written down",
	"goose_db_version": "the schema's history",
	"river_":           "jobs",
}

func isExempt(table string) bool {
	_, ok := exempt[table]
	return ok || strings.HasPrefix(table, "river_")
}

func owner(t *testing.T) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), dbtest.URL(t, ""))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(t.Context()) })
	return c
}

func names(t *testing.T, c *pgx.Conn, sql string) []string {
	t.Helper()
	rows, err := c.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

func TestEveryTableIsATenantsOrExempt(t *testing.T) {
	t.Parallel()
	c := owner(t)
	for _, table := range names(t, c, "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition") {
		if isExempt(table) {
			continue
		}
		var on, forced bool
		if err := c.QueryRow(t.Context(), "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = ('public.' || $1)::regclass", table).Scan(&on, &forced); err != nil {
			t.Fatal(err)
		}
		if !on || !forced {
			t.Errorf("%s: row level security enabled %v, forced %v", table, on, forced)
		}
		var key string
		if err := c.QueryRow(t.Context(), `SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
			WHERE i.indrelid = ('public.' || $1)::regclass AND i.indisprimary`, table).Scan(&key); err != nil {
			t.Fatal(err)
		}
		if want := "account_id"; key != want && (table != "accounts" || key != "id") {
			t.Errorf("%s: primary key starts with %s, want %s", table, key, want)
		}
	}
}

func TestRuntimeRolesOwnNothingAndPassNothingBy(t *testing.T) {
	t.Parallel()
	c := owner(t)
	if got := names(t, c, "SELECT rolname::text FROM pg_roles WHERE rolname LIKE 'samplit%' AND (rolbypassrls OR rolsuper OR rolcreaterole OR rolcreatedb)"); len(got) > 0 {
		t.Errorf("roles with powers: %v", got)
	}
	if got := names(t, c, "SELECT relname::text FROM pg_class JOIN pg_roles r ON r.oid = relowner WHERE rolname LIKE 'samplit%'"); len(got) > 0 {
		t.Errorf("relations owned by runtime roles: %v", got)
	}
}

func TestPartitionsAreGrantedToNobodyAndProtected(t *testing.T) {
	t.Parallel()
	c := owner(t)
	all := names(t, c, "SELECT relname::text FROM pg_class WHERE relispartition AND relkind = 'r'")
	if len(all) < 17 {
		t.Fatalf("got %d partitions, want today and eight days to each side", len(all))
	}
	protected := names(t, c, "SELECT relname::text FROM pg_class WHERE relispartition AND relkind = 'r' AND relrowsecurity AND relforcerowsecurity AND relacl IS NULL")
	if diff := cmp.Diff(all, protected); diff != "" {
		t.Errorf("partitions (-all +protected):\n%s", diff)
	}
}

func TestDefinersPinTheirSearchPath(t *testing.T) {
	t.Parallel()
	got := names(t, owner(t), `SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef
		AND NOT coalesce(array_to_string(proconfig, ',') LIKE '%search_path=%', false)`)
	if len(got) > 0 {
		t.Errorf("security definer functions without a pinned search_path: %v", got)
	}
}

func TestViewsAskAsTheirReader(t *testing.T) {
	t.Parallel()
	got := names(t, owner(t), `SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND (relkind = 'm' OR
		relkind = 'v' AND NOT coalesce(array_to_string(reloptions, ',') LIKE '%security_invoker=true%', false))`)
	if len(got) > 0 {
		t.Errorf("views that pass row level security by: %v", got)
	}
}

// Unique keys reveal a value to whoever collides with it: a tenant's must start with the tenant.
func TestUniqueKeysStartWithTheTenant(t *testing.T) {
	t.Parallel()
	got := names(t, owner(t), `SELECT c.relname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
		JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
		WHERE t.relnamespace = 'public'::regnamespace AND i.indisunique AND t.relrowsecurity AND a.attname <> 'account_id'`)
	random := []string{"accounts_pkey", "api_keys_hash_key", "installations_token_key", "page_sessions_hash_key"} // random values: nobody can guess one to collide with
	if diff := cmp.Diff(random, got); diff != "" {
		t.Errorf("unique keys without the tenant (-allowed +found):\n%s", diff)
	}
}

func TestMain(m *testing.M) { dbtest.Main(m) }

var _ = db.App

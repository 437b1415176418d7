-- +goose Up
-- +goose StatementBegin
-- Roles belong to the cluster, not to the database: another database may have
-- made them already, perhaps at this very moment.
DO $$
DECLARE r text;
BEGIN
  FOREACH r IN ARRAY ARRAY['samplit_app', 'samplit_ingest', 'samplit_system'] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN NOBYPASSRLS NOCREATEDB NOCREATEROLE', r);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    -- Whoever made a role may administer it and, from PostgreSQL 16 on, is not yet allowed to take it.
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
      EXECUTE format('GRANT %I TO %I', r, current_user);
    END IF;
  END LOOP;
END $$;
-- +goose StatementEnd

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO samplit_app, samplit_ingest, samplit_system;

-- current_account is the tenant of this transaction, NULL when none is set:
-- after SET LOCAL ends the setting reads '' and not NULL.
-- +goose StatementBegin
CREATE FUNCTION current_account() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('app.account_id', true), '')::uuid;
-- +goose StatementEnd

-- +goose StatementBegin
-- protect_tenant turns a table into a tenant table: row level security forced,
-- the application sees its own account's rows only.
CREATE PROCEDURE protect_tenant(t regclass, key text DEFAULT 'account_id') LANGUAGE plpgsql
SET search_path = pg_catalog, public AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t);
  EXECUTE format('CREATE POLICY tenant ON %s TO samplit_app USING (%I = (SELECT public.current_account())) WITH CHECK (%I = (SELECT public.current_account()))', t, key, key);
END $$;
-- +goose StatementEnd
REVOKE EXECUTE ON PROCEDURE protect_tenant(regclass, text) FROM PUBLIC;

-- +goose StatementBegin
-- open_to gives one of the cross-tenant roles all rows of a tenant table.
CREATE PROCEDURE open_to(r name, t regclass, command text DEFAULT 'ALL') LANGUAGE plpgsql
SET search_path = pg_catalog, public AS $$
BEGIN
  IF command = 'SELECT' THEN
    EXECUTE format('CREATE POLICY %I ON %s FOR SELECT TO %I USING (true)', r, t, r);
  ELSE
    EXECUTE format('CREATE POLICY %I ON %s TO %I USING (true) WITH CHECK (true)', r, t, r);
  END IF;
END $$;
-- +goose StatementEnd
REVOKE EXECUTE ON PROCEDURE open_to(name, regclass, text) FROM PUBLIC;

-- +goose StatementBegin
-- schema_migrations lets the runtime roles compare the schema with their binary.
CREATE FUNCTION schema_migrations() RETURNS TABLE (version bigint) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
  SELECT version_id FROM goose_db_version WHERE is_applied AND version_id > 0
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION schema_migrations();
DROP PROCEDURE open_to(name, regclass, text);
DROP PROCEDURE protect_tenant(regclass, text);
DROP FUNCTION current_account();

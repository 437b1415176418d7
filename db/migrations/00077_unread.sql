-- +goose Up
-- +goose StatementBegin
-- unread_notices counts what a person was told in an account and has not seen,
-- beside their session: before a tenant is known.
CREATE FUNCTION unread_notices(account uuid, person uuid) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT count(*) FROM notices n WHERE n.account_id = account AND n.user_id = person AND n.read_at IS NULL
$$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION unread_notices(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION unread_notices(uuid, uuid) TO samplit_app;
-- +goose StatementBegin
DO $$ BEGIN
  EXECUTE format('CREATE POLICY definer ON notices FOR SELECT TO %I USING (true)', current_user);
END $$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION unread_notices(uuid, uuid);
DROP POLICY definer ON notices;

-- +goose Up
-- What the snippet of a site does beside its experiments. consent: 'required' remembers
-- and counts nobody who has not said yes. ga4: exposures are told to Google Analytics.
ALTER TABLE installations
  ADD COLUMN consent text NOT NULL DEFAULT 'off' CHECK (consent IN ('off', 'required')),
  ADD COLUMN ga4 boolean NOT NULL DEFAULT false;

-- +goose Down
ALTER TABLE installations DROP COLUMN consent, DROP COLUMN ga4;

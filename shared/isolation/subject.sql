-- The transaction's subject, checked: `kind|end|key id|HMAC-SHA256|key`, as shared/auth/subjects.py
-- signs it. Run by a migration, so that table and function are the owner's.
CREATE TABLE subject_key (
    key_id text PRIMARY KEY, inner_pad bytea NOT NULL, outer_pad bytea NOT NULL
);
CREATE FUNCTION subject(kind text) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    parts text[] := regexp_match(
        current_setting('app.subject', true),
        '^([a-z]+)\|([0-9]{1,11})\|([a-z0-9]+)\|([0-9a-f]{64})\|(.+)$'
    );
    pads record;
BEGIN
    IF parts IS NULL OR parts[1] <> kind
        OR to_timestamp(parts[2]::double precision) <= clock_timestamp()
    THEN
        RETURN NULL;
    END IF;
    SELECT inner_pad, outer_pad INTO pads
    FROM public.subject_key
    WHERE key_id = parts[3];
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF encode(sha256(pads.outer_pad || sha256(pads.inner_pad || convert_to(
        concat_ws('|', parts[1], parts[2], parts[3], parts[5]), 'UTF8'
    ))), 'hex') <> parts[4] THEN
        RETURN NULL;
    END IF;
    RETURN parts[5];
END $$;
REVOKE ALL ON FUNCTION subject(text) FROM PUBLIC;

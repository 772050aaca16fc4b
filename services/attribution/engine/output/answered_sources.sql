-- reads: line_keys
-- The places of the sources that gave a line its tenant's label.
SELECT DISTINCT label_source
FROM line_keys;

-- reads: line_keys, visible_keys, visible_claims  makes: line_claims
CREATE OR REPLACE TEMP TABLE line_claims AS
SELECT line_keys.kid, visible_claims.*, '' AS driver, {dimensions} AS dimensions
FROM line_keys
JOIN visible_keys USING ({visible})
JOIN visible_claims USING (vid);

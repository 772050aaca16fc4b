-- reads: keys, claims  makes: whole_keys
-- What rules, labels and defaults claimed goes to its recipient as it is.
CREATE OR REPLACE TEMP TABLE whole_keys AS
SELECT
    keys.kid,
    claims.recipient AS tenant,
    keys.charge_group,
    keys.service,
    keys.account,
    keys.region,
    claims.method,
    claims.rule,
    claims.driver,
    claims.dimensions,
    keys.source,
    keys.charge_category,
    claims.reason,
    claims.tag_key,
    claims.tag_value
FROM keys
JOIN claims ON claims.kid = keys.kid
WHERE claims.kind <> 'pool';

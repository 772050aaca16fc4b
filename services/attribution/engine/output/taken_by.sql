-- reads: claims
-- By what claims there are, beside labels and defaults: rules and pools that took something.
SELECT DISTINCT kind, recipient, rule
FROM claims;

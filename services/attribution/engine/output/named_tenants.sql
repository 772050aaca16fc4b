-- reads: results, usage
-- Who gets something, or used something.
SELECT tenant FROM results
UNION
SELECT tenant FROM usage;

-- reads: routes, explained_parts
SELECT routes.*
FROM routes
SEMI JOIN explained_parts AS parts USING (pool, grain, bucket, bucket_end)
ORDER BY route;

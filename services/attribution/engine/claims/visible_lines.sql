-- reads: visible_keys
SELECT vid, {visible}
FROM visible_keys
ORDER BY vid;

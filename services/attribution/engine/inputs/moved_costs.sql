-- reads: smoothed_usage, smoothed_parts
-- By parts of the proof, what smoothing over more than an account gave them, or took.
SELECT
    source, account, service, charge_category, sum(smoothed_parts.quanta - smoothed_usage.quanta)
FROM smoothed_usage
JOIN smoothed_parts
    ON smoothed_parts.cell = smoothed_usage.cell AND smoothed_parts.recipient = smoothed_usage.line
GROUP BY ALL
HAVING sum(smoothed_parts.quanta - smoothed_usage.quanta) <> 0;

-- reads: {facts}  makes: line_facts
CREATE OR REPLACE TEMP TABLE line_facts AS
SELECT kid, started_at, ended_at, CAST(quanta AS HUGEINT) AS quanta
FROM {facts};

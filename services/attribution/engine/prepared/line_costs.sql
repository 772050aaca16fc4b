-- reads: keyed_lines  makes: line_costs
CREATE OR REPLACE TEMP TABLE line_costs AS
SELECT {names}, started_at, ended_at, {measures}, count(*) AS lines
FROM keyed_lines
GROUP BY ALL;

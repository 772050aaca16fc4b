-- reads: covers
-- The most that a quantity is taken by for a line's part of an hour or day.
SELECT coalesce(max(part), 1)
FROM covers;

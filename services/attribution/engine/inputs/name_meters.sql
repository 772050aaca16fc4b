-- reads: signals  adds to: signals
UPDATE signals
SET meter = $name
WHERE meter = $written;

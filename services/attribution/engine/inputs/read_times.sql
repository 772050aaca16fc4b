-- reads: {table}  adds to: {table}
UPDATE {table}
SET {utc} = {time}
WHERE {rows};

-- reads: nothing  makes: {table}
CREATE OR REPLACE TEMP TABLE {table} ({columns});

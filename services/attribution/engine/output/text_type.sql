-- reads: nothing
CREATE TYPE {type} AS ENUM ({texts});

-- reads: nothing
CREATE TYPE {type} AS ENUM (SELECT {value});

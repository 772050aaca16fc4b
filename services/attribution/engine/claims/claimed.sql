-- reads: {keys}, {claims}, {facts}  makes: keys, claims, facts
-- Views, since nothing changes from here on: with pods they show the parts of lines, else the lines.
CREATE OR REPLACE TEMP VIEW keys AS
SELECT *
FROM {keys};

CREATE OR REPLACE TEMP VIEW claims AS
SELECT *
FROM {claims};

CREATE OR REPLACE TEMP VIEW facts AS
SELECT *
FROM {facts};

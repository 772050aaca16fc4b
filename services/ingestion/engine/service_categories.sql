-- reads: nothing  makes: service_categories
CREATE OR REPLACE TEMP TABLE service_categories AS
SELECT unnest($codes) AS code, unnest($categories) AS category;

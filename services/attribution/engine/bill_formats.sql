-- reads: {lines}
SELECT DISTINCT BillingCurrency, x_SourceFormat
FROM {lines};

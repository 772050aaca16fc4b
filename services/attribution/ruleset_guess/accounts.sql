-- reads: {lines}
-- Each account with the last name that the bill has for it, and what its usage costs.
SELECT
    x_Account,
    coalesce(arg_max(SubAccountName, ChargePeriodStart), '') AS name,
    coalesce(bool_or(x_Account = BillingAccountId), false) AS pays,
    coalesce(
        sum(cost) FILTER (WHERE ChargeCategory = 'Usage' AND cost > 0), 0
    ) AS usage,
    coalesce(sum(cost), 0)
FROM {lines}
WHERE x_Account <> ''
GROUP BY x_Account
ORDER BY usage DESC, x_Account;

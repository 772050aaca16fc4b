-- A day's lines of a synthetic snapshot, each a function of its number alone, from the variables
-- first_line to last_line; every hundredth costs more where `restated` is true.
-- Owners: 80 % by a tag, which some tenants write `customer` (about 45 %) and some `tenant`, 5 % by
-- the account's default, 13 % in three shared pools, 2 % nobody. Tenants are skewed: the largest
-- have most lines.
WITH numbered AS (
    SELECT
        n,
        hash(n, 'owner') % 100 AS owner,
        hash(n, 'hour') % 24 AS hour,
        CAST(floor(2000 * pow((hash(n, 'tenant') % 1000000) / 1000000.0, 2.5)) AS INTEGER) AS tenant,
        CAST(hash(n, 'what') % 100 AS INTEGER) AS what,
        hash(n, 'size') % 1000000 / 1000000.0 AS size,
        getvariable('restated') AND n % 100 = 0 AS changed
    FROM range(getvariable('first_line'), getvariable('last_line')) AS lines(n)
),
owned AS (
    SELECT
        *,
        CASE
            WHEN owner < 80 THEN if(hash(tenant, 'tag') % 80 < 45, 'customer', 'tenant')
            WHEN owner < 85 THEN 'default'
            WHEN owner < 98 THEN 'pool'
            ELSE 'none'
        END AS kind,
        -- A tenant has up to six of ten services, each in the one account it lives in.
        CAST(hash(tenant, what % 6) % 10 AS INTEGER) AS service,
        CAST(hash(tenant, what % 6, what % 4) % 40 AS INTEGER) AS usage,
        owner % 3 AS pool
    FROM numbered
),
placed AS (
    SELECT
        *,
        CASE kind
            WHEN 'pool' THEN 197 + pool
            WHEN 'default' THEN 160 + tenant % 20
            WHEN 'none' THEN 180 + tenant % 17
            ELSE tenant % 160
        END AS account
    FROM owned
),
named AS (
    SELECT
        *,
        lpad(CAST(100000000000 + account AS VARCHAR), 12, '0') AS account_id,
        CASE account % 4
            WHEN 0 THEN 'us-east-1' WHEN 1 THEN 'us-west-2' WHEN 2 THEN 'eu-west-1' ELSE 'eu-central-1'
        END AS region,
        CASE
            WHEN kind <> 'pool' THEN ['Amazon Elastic Compute Cloud', 'Amazon Simple Storage Service',
                'Amazon Relational Database Service', 'AWS Lambda', 'Amazon DynamoDB',
                'Amazon ElastiCache', 'Amazon Simple Queue Service', 'Amazon CloudFront',
                'Amazon Elastic Block Store', 'AWS Key Management Service'][service + 1]
            WHEN pool = 0 THEN 'Amazon Virtual Private Cloud'
            WHEN pool = 1 THEN 'AWS Elastic Load Balancing'
            ELSE 'AmazonCloudWatch'
        END AS service_name,
        CASE
            WHEN kind <> 'pool' THEN ['Compute', 'Storage', 'Databases', 'Compute', 'Databases',
                'Databases', 'Integration', 'Networking', 'Storage', 'Security'][service + 1]
            WHEN pool = 2 THEN 'Management and Governance'
            ELSE 'Networking'
        END AS category,
        CASE
            WHEN kind <> 'pool' THEN 'USE1-Usage:' || CAST(usage AS VARCHAR)
            WHEN pool = 0 THEN ['USE1-NatGateway-Bytes', 'USE1-NatGateway-Hours'][what % 2 + 1]
            WHEN pool = 1 THEN ['USE1-LCUUsage', 'USE1-LoadBalancerUsage'][what % 2 + 1]
            ELSE 'USE1-DataProcessing-Bytes'
        END AS usage_type,
        'arn:aws:any:' || lpad(to_hex(hash(tenant, kind, service, hash(n, 'id') % 40)), 16, '0')
            AS resource,
        CAST(DATE '2026-10-01' + CAST(getvariable('day') AS INTEGER) AS TIMESTAMP) + INTERVAL 1 HOUR * hour
            AS started_at,
        CAST(
            CASE WHEN owner % 50 = 7 THEN -1 ELSE 1 END * exp(size * 9 - 8)
                * CASE WHEN changed THEN 1.01 ELSE 1 END
            AS DECIMAL(18,10)
        ) AS cost
    FROM placed
)
SELECT
    region || 'a' AS AvailabilityZone,
    cost AS BilledCost,
    '100000000000' AS BillingAccountId,
    'Operator' AS BillingAccountName,
    'USD' AS BillingCurrency,
    TIMESTAMP '2026-11-01 00:00:00' AS BillingPeriodEnd,
    TIMESTAMP '2026-10-01 00:00:00' AS BillingPeriodStart,
    CASE WHEN cost < 0 THEN 'Credit' ELSE 'Usage' END AS ChargeCategory,
    'Usage of ' || service_name AS ChargeDescription,
    'Usage-Based' AS ChargeFrequency,
    started_at + INTERVAL 1 HOUR AS ChargePeriodEnd,
    started_at AS ChargePeriodStart,
    CAST(size * 100 AS DECIMAL(38,15)) AS ConsumedQuantity,
    'Units' AS ConsumedUnit,
    cost AS ContractedCost,
    CAST(0.01 AS DECIMAL(38,15)) AS ContractedUnitPrice,
    CAST(cost * 0.9 AS DECIMAL(18,10)) AS EffectiveCost,
    'Amazon Web Services' AS InvoiceIssuerName,
    cost AS ListCost,
    CAST(0.01 AS DECIMAL(38,15)) AS ListUnitPrice,
    'Standard' AS PricingCategory,
    CAST(size * 100 AS DECIMAL(38,15)) AS PricingQuantity,
    'Units' AS PricingUnit,
    'Amazon Web Services' AS ProviderName,
    'Amazon Web Services' AS PublisherName,
    region AS RegionId,
    region AS RegionName,
    resource AS ResourceId,
    category AS ServiceCategory,
    service_name AS ServiceName,
    upper(to_hex(hash(usage_type))) AS SkuId,
    usage_type AS SkuMeter,
    account_id AS SubAccountId,
    'Account ' || account_id AS SubAccountName,
    map_from_entries(list_filter([
        {'key': 'env', 'value': ['production', 'staging', 'test'][what % 3 + 1]},
        {'key': 'team', 'value': 'team-' || CAST(account % 25 AS VARCHAR)},
        {'key': 'app', 'value': 'app-' || CAST(service AS VARCHAR)},
        {'key': 'component', 'value': 'c-' || CAST(usage AS VARCHAR)},
        {'key': 'version', 'value': 'v' || CAST(hash(n, 'version') % 500 AS VARCHAR)},
        {'key': 'aws:createdBy', 'value': 'AssumedRole:' || account_id || ':deployer'},
        {
            'key': CASE WHEN kind IN ('customer', 'tenant') THEN kind ELSE '' END,
            'value': 't' || lpad(CAST(tenant AS VARCHAR), 4, '0')
        }
    ], lambda tag: tag.key <> '')) AS Tags,
    '0:' || CAST(n AS VARCHAR) AS x_LineId,
    'aws' AS x_Source,
    'FOCUS 1.2' AS x_SourceFormat,
    account_id AS x_Account,
    usage_type AS x_UsageType,
    'RunAny' AS x_Operation,
    service_name AS x_ServiceCode,
    'Usage' AS x_LineItemType,
    'Anniversary' AS x_BillType,
    'AWS' AS x_BillingEntity,
    CAST(NULL AS VARCHAR) AS x_IamPrincipal,
    CAST(NULL AS VARCHAR) AS x_UserIdentifier,
    CASE WHEN kind = 'customer' THEN 't' || lpad(CAST(tenant AS VARCHAR), 4, '0') END AS customer
FROM named

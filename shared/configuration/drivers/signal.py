from typing import ClassVar

from shared.configuration.drivers.driver import Driver, Grain
from shared.configuration.entry import Name
from shared.vocabulary.methods import Method


class SignalDriver(Driver):
    """By the quantities of a meter.

    What a tenant used while it was not active is the pool's `unmetered` part and is not pushed on
    the others; neither is what the meter `control` counts for the pool (consumer `pool:<name>`,
    such as CloudWatch's total of the resource) beyond what consumers were metered. `per` overrides
    the pool's own, such as a day's quantities where an hour is silent.
    """

    word: ClassVar = "signal"
    method: ClassVar = Method.POOL_SIGNAL
    weights_sql: ClassVar = """
WITH scales AS (
    SELECT
        coalesce(max(scale) FILTER (WHERE meter = $meter), 0) AS of_meter,
        coalesce(max(scale) FILTER (WHERE meter = $control), 0) AS of_control
    FROM used
    WHERE meter IN ($meter, $control)
),
factors AS (
    SELECT
        CAST(rpad('1', 1 + greatest(of_control - of_meter, 0), '0') AS HUGEINT) AS of_meter,
        CAST(rpad('1', 1 + greatest(of_meter - of_control, 0), '0') AS HUGEINT) AS of_control
    FROM scales
),
metered AS (
    SELECT asked.*, used.tenant, used.is_active, used.weight * factors.of_meter AS weight
    FROM asked
    JOIN used ON used.meter = $meter AND used.grain = asked.grain AND used.moment = asked.moment
    CROSS JOIN factors
),
sums AS (
    SELECT pool, own_grain, bucket, grain, moment, sum(weight) AS weight
    FROM metered
    GROUP BY ALL
)
SELECT
    own_grain,
    bucket,
    CASE WHEN is_active THEN tenant ELSE 'unmetered:' || pool END AS recipient,
    weight
FROM metered
UNION ALL
SELECT
    sums.own_grain,
    sums.bucket,
    'unmetered:' || sums.pool,
    used.weight * factors.of_control - sums.weight
FROM sums
JOIN used
    ON used.meter = $control AND used.tenant = 'pool:' || sums.pool
    AND used.grain = sums.grain AND used.moment = sums.moment
CROSS JOIN factors
WHERE used.weight * factors.of_control > sums.weight
"""

    signal: Name
    control: Name | None = None
    per: Grain | None = None

    @property
    def label(self) -> str:
        return f"signal:{self.signal}"

    @property
    def meters(self) -> tuple[str, ...]:
        return (self.signal,)

    @property
    def controls(self) -> tuple[str, ...]:
        return () if self.control is None else (self.control,)

    def parameters(self) -> dict[str, object]:
        return {"meter": self.signal, "control": self.control or ""}

"""The base of all drivers. The next driver of a pool is the fallback of the one before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from shared.configuration.entry import Entry
from shared.configuration.selectors import Selector

# A tenant's key, or another pool.
Consumer = Annotated[str, Field(pattern=r"^(pool:.{1,200}|[A-Za-z0-9][A-Za-z0-9._-]{0,99})$")]
Grain = Literal["hour", "day", "period"]

NAMED_WEIGHTS_SQL: Final = """
SELECT asked.own_grain, asked.bucket, named_weights.recipient, named_weights.weight
FROM asked
JOIN named_weights ON named_weights.pool = asked.pool AND named_weights.level = asked.level
LEFT JOIN tenants
    ON tenants.tenant = named_weights.recipient
    AND (tenants.active_from IS NULL OR tenants.active_from < asked.bucket_end)
    AND (tenants.active_to IS NULL OR asked.bucket < tenants.active_to)
WHERE tenants.tenant IS NOT NULL OR starts_with(named_weights.recipient, 'pool:')
"""
"""Of pools, and of tenants that are active at some time in the bucket."""


@dataclass(frozen=True)
class Scope:
    """The costs of some lines: of tenants, or, `counts_all`, of everybody but what is excluded.

    Of pools as `pool:<name>`.
    """

    lines: Selector | None
    counts_all: bool


class Driver(Entry):
    """One kind of driver, whole: its key in the file, and the weights it proposes.

    `weights_sql` selects `own_grain, bucket, recipient, weight` for the rows of `asked`: pool,
    level, scope, own_grain, bucket, bucket_end, and the `grain` and start `moment` of the time to
    look at. It reads `used` (meter, grain, moment, tenant, is_active, scale, and weight: a
    quantity times ten to the scale), `direct` (scope, grain, moment, tenant, units),
    `named_weights` and `tenants`. Weights are whole numbers; those of 0 and below take no part. A
    recipient is a tenant, `pool:<name>` or `unmetered:<pool>`. A bucket without a row is silent.
    """

    word: ClassVar[str]
    method: ClassVar[str]
    """In the column `method` of the allocations."""
    weights_sql: ClassVar[str]
    digits_max: ClassVar[int] = 37
    """Of the sum of a meter's weights, so that no product leaves 127 bits."""

    @property
    def label(self) -> str:
        """In the column `driver` of the allocations."""
        return self.word

    @property
    def meters(self) -> tuple[str, ...]:
        """Of consumers; without a signal of them the driver has no say."""
        return ()

    @property
    def controls(self) -> tuple[str, ...]:
        """Meters of the whole, against which those of consumers are held."""
        return ()

    @property
    def consumers(self) -> tuple[str, ...]:
        """The tenants and pools that the file names in it."""
        return ()

    @property
    def scope(self) -> Scope | None:
        """Of the costs that `direct` has for it; those of all tenants if it is None."""
        return None

    def grain(self, pool_grain: Grain) -> Grain:
        return getattr(self, "per", None) or pool_grain

    def named_weights(self, tenants: Sequence[str]) -> Mapping[str, Decimal]:  # noqa: ARG002
        """By consumer; of `tenants`, the keys of all."""
        return {}

    def parameters(self) -> Mapping[str, object]:
        """Of `weights_sql`, each of which it uses."""
        return {}

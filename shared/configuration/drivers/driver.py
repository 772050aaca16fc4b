"""The base of all drivers. The next driver of a pool is the fallback of the one before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Final, Literal, get_args

from pydantic import Field

from shared.configuration.entry import Entry
from shared.configuration.selectors import Selector

# A tenant's key, or another pool.
Consumer = Annotated[str, Field(pattern=r"^(pool:.{1,200}|[A-Za-z0-9][A-Za-z0-9._-]{0,99})$")]
Grain = Literal["hour", "day", "period"]
GRAINS: Final[tuple[Grain, ...]] = get_args(Grain)
"""The finer one first."""
Table = Literal["metered_usage", "metered_costs", "named_weights", "tenants"]
"""What a driver's query may read beside the buckets it is asked for."""


@dataclass(frozen=True)
class Scope:
    """The costs of some lines: of tenants, or, `counts_all`, of everybody but what is excluded.

    Of pools as `pool:<name>`.
    """

    lines: Selector | None
    counts_all: bool


class Driver(Entry):
    """One kind of driver: its key in the file, its fields, and what its query reads.

    The query lies with the engine, `engine/pools/drivers/<query>.sql`, and is bound to
    `parameters`. It selects `own_grain, bucket, bucket_end, recipient, weight` for the rows of
    `asked`: pool, level, scope, own_grain, bucket, bucket_end, and the time to look at: its
    `grain`, start `moment` and `moment_end`. `metered_usage` has meter, grain, moment, moment_end,
    tenant, is_active, scale, and weight: a quantity times ten to the scale, and where the time is
    no whole hour or day, the sum over those that it touches, each by its part; `metered_costs` has
    scope, grain, moment, moment_end, tenant, quanta.
    Weights are whole numbers; those of 0 and below take no part. A recipient is a tenant,
    `pool:<name>` or `unmetered:<pool>`. A bucket without a row is silent.
    """

    word: ClassVar[str]
    method: ClassVar[str]
    """In the column `method` of the allocations."""
    query: ClassVar[str] = ""
    """The script's name; the word where it has none of its own."""
    reads: ClassVar[frozenset[Table]]
    digits_max: ClassVar[int] = 37
    """Of the sum of a meter's weights, so that no product leaves 127 bits."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.query = cls.query or cls.word

    @property
    def reads_costs(self) -> bool:
        return "metered_costs" in self.reads

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
        """Of the costs that `metered_costs` has for it; all tenants' direct ones if it is None."""
        return None

    def grain(self, pool_grain: Grain) -> Grain:
        return getattr(self, "per", None) or pool_grain

    def named_weights(self, tenants: Sequence[str]) -> Mapping[str, Decimal]:  # noqa: ARG002
        """By consumer; of `tenants`, the keys of all."""
        return {}

    def parameters(self) -> Mapping[str, object]:
        """Of the query, each of which it uses."""
        return {}

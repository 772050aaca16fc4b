"""What a shared pool is split by. The next driver of a pool is the fallback of the one before."""

import difflib
from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import Discriminator, Field, Tag, field_validator

from shared.configuration.entry import Entry, Name, NotNegative

POOL_PREFIX: Final = "pool:"
# A tenant's key, or another pool.
Consumer = Annotated[str, Field(pattern=r"^(pool:.{1,200}|[A-Za-z0-9][A-Za-z0-9._-]{0,99})$")]
Grain = Literal["hour", "day", "period"]


class SignalDriver(Entry):
    """By the quantities of a meter.

    `per` overrides the pool's own, such as a day's quantities where an hour is silent.
    """

    signal: Name
    per: Grain | None = None

    @property
    def label(self) -> str:
        return f"signal:{self.signal}"


class ProportionalDriver(Entry):
    """By each tenant's direct cost (claimed by rule, label or default); below zero counts as 0."""

    proportional: Literal["direct"]
    per: Grain | None = None

    @property
    def label(self) -> str:
        return f"proportional:{self.proportional}"


class EvenDriver(Entry):
    """The same for every tenant that is active."""

    even: Literal[True]

    @property
    def label(self) -> str:
        return "even"


class WeightsDriver(Entry):
    """By fixed weights of tenants and, as `pool:<name>`, of other pools.

    A tenant that is not active then takes no part.
    """

    weights: Mapping[Consumer, NotNegative]

    @field_validator("weights")
    @classmethod
    def _sum_above_zero(cls, weights: Mapping[str, NotNegative]) -> Mapping[str, NotNegative]:
        if sum(weights.values()) <= 0:
            raise ValueError("the weights sum to zero; give at least one tenant a weight above 0")
        return weights

    @property
    def label(self) -> str:
        return "weights"


KINDS = ("signal", "proportional", "even", "weights")


def _kind(value: object) -> str | None:
    """The kind is the key that stands there, or the one it most resembles."""
    if isinstance(value, Mapping):
        for word in value:
            near = difflib.get_close_matches(str(word), KINDS, n=1)
            if near:
                return near[0]
    return next((kind for kind in KINDS if hasattr(value, kind)), None)


Driver = Annotated[
    Annotated[SignalDriver, Tag("signal")]
    | Annotated[ProportionalDriver, Tag("proportional")]
    | Annotated[EvenDriver, Tag("even")]
    | Annotated[WeightsDriver, Tag("weights")],
    Discriminator(
        _kind,
        custom_error_type="unknown_driver",
        custom_error_message="A driver is one of signal, proportional, even, weights",
    ),
]

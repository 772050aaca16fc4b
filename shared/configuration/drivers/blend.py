from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field, field_validator

from shared.configuration.drivers.driver import Driver, Grain
from shared.configuration.entry import Exact, Meter
from shared.exact import whole_weights
from shared.vocabulary.methods import Method


class BlendDriver(Driver):
    """By the shares of several meters, each counted by its part of the blend.

    It has a say where all of its meters have: a part that is not known can't be left out. Shares
    are taken in multiples of 2^-40, rounded down.
    """

    word: ClassVar = "blend"
    method: ClassVar = Method.POOL_SIGNAL
    digits_max: ClassVar = 25
    reads: ClassVar = frozenset({"metered_usage"})

    blend: Mapping[Meter, Exact] = Field(min_length=1)
    per: Grain | None = None

    @field_validator("blend")
    @classmethod
    def _above_zero(cls, blend: Mapping[str, Exact]) -> Mapping[str, Exact]:
        for meter, part in blend.items():
            if part <= 0:
                raise ValueError(f"the part of {meter!r} is above 0; leave out what has none")
        return blend

    @property
    def label(self) -> str:
        return f"blend:{'+'.join(self.blend)}"

    @property
    def meters(self) -> tuple[str, ...]:
        return tuple(self.blend)

    def parameters(self) -> dict[str, object]:
        parts = whole_weights(self.blend)
        return {"meters": list(parts), "parts": list(parts.values())}

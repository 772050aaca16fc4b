from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import ClassVar

from pydantic import field_validator

from shared.configuration.drivers.driver import Consumer, Driver
from shared.configuration.entry import NotNegative
from shared.vocabulary.methods import Method


class WeightsDriver(Driver):
    """By fixed weights of tenants and, as `pool:<name>`, of other pools.

    A tenant that is not active then takes no part.
    """

    word: ClassVar = "weights"
    method: ClassVar = Method.POOL_WEIGHTS
    query: ClassVar = "named_weights"
    reads: ClassVar = frozenset({"named_weights", "tenants"})

    weights: Mapping[Consumer, NotNegative]

    @field_validator("weights")
    @classmethod
    def _sum_above_zero(cls, weights: Mapping[str, NotNegative]) -> Mapping[str, NotNegative]:
        if sum(weights.values()) <= 0:
            raise ValueError("the weights sum to zero; give at least one tenant a weight above 0")
        return weights

    @property
    def consumers(self) -> tuple[str, ...]:
        return tuple(self.weights)

    def named_weights(self, tenants: Sequence[str]) -> Mapping[str, Decimal]:  # noqa: ARG002
        return self.weights

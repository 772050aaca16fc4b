from collections.abc import Sequence
from decimal import Decimal
from typing import ClassVar, Literal

from shared.configuration.drivers.driver import Driver
from shared.vocabulary.methods import Method


class EvenDriver(Driver):
    """The same for every tenant that is active."""

    word: ClassVar = "even"
    method: ClassVar = Method.POOL_EVEN
    query: ClassVar = "named_weights"
    reads: ClassVar = frozenset({"named_weights", "tenants"})

    even: Literal[True]

    def named_weights(self, tenants: Sequence[str]) -> dict[str, Decimal]:
        return dict.fromkeys(tenants, Decimal(1))

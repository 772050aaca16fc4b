from typing import ClassVar

from shared.configuration.drivers.driver import Driver, Grain
from shared.configuration.entry import Meter
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
    reads: ClassVar = frozenset({"metered_usage"})

    signal: Meter
    control: Meter | None = None
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

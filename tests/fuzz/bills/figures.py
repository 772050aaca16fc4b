"""What a slice of the deliveries and bills came to; those of slices add up."""

from collections import Counter
from dataclasses import dataclass, field

from tests.fuzz.bills.plan import planned
from tests.fuzz.bills.results import FAULTS


@dataclass
class Figures:
    counts: Counter[str] = field(default_factory=Counter)
    by_kind: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """By kind of mutation, format and verdict."""
    faults: list[str] = field(default_factory=list)
    peak_mb: int = 0
    differing_bills: int = 0

    def add(self, other: "Figures") -> None:
        self.counts.update(other.counts)
        self.by_kind.update(other.by_kind)
        self.faults += other.faults
        self.peak_mb = max(self.peak_mb, other.peak_mb)
        self.differing_bills += other.differing_bills

    def count(self, number: int, seed: int, verdict: str, what: str) -> None:
        plan = planned(number, seed)
        self.counts[verdict] += 1
        self.by_kind[plan.kind.name, plan.form.name, verdict] += 1
        if verdict in FAULTS:
            named = f"{number} of seed {seed}, {plan.kind.name} of {plan.form.name}"
            self.faults.append(f"{verdict}: {named}: {what}")

    def count_bill(self, number: int, seed: int, verdict: str, what: str) -> None:
        self.differing_bills += 1
        self.counts[verdict] += 1
        self.faults.append(f"{verdict}: bill {number} of seed {seed}: {what}")

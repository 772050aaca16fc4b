"""What is not as it must be, in amounts."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

Amounts = Mapping[str, Decimal]
_NOTHING = Decimal(0)
QUANTUM = Decimal(1).scaleb(-10)


@dataclass(frozen=True)
class Finding:
    what: str
    expected: Decimal
    actual: Decimal

    def __str__(self) -> str:
        return f"{self.what}: {self.actual} instead of {self.expected}"

    @property
    def off_by(self) -> Decimal:
        return abs(self.actual - self.expected)


def differences(
    what: str, expected: Amounts, actual: Amounts, *, within: Amounts | None = None
) -> Iterator[Finding]:
    """What one side lacks is nothing there. `within`: a difference below it is none."""
    for key in sorted(expected.keys() | actual.keys()):
        finding = Finding(f"{what}, {key}", expected.get(key, _NOTHING), actual.get(key, _NOTHING))
        allowed = _NOTHING if within is None else within.get(key, _NOTHING)
        if finding.off_by and finding.off_by >= allowed:
            yield finding


def off_by(findings: list[Finding]) -> Decimal:
    return sum((finding.off_by for finding in findings), _NOTHING)


def sums_of(parts: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for name, amount in parts:
        sums[name] += amount
    return dict(sums)

"""The proof of a run: what came out is what the bill says, in total and for every part of it.

The bill's side is the raw files' control totals, the other side is summed from the rows that were
written; nothing is found by subtraction but `difference` itself (design, sections 3 and 8).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from shared.contracts.raw_totals import RawTotal
from shared.exact import EXACT, exact_sum
from shared.vocabulary.recipients import EXCLUDED, IDLE, OVERHEAD, UNALLOCATED, UNMAPPED, UNMETERED

Side = Literal["attributed", "overhead", "unallocated", "excluded"]
Group = tuple[str, str, str, str]
"""Source, account, service, charge category."""


@dataclass(frozen=True)
class ProofGroup:
    source: str
    account: str
    service: str
    charge_category: str
    bill: Decimal
    out: Decimal
    moved: Decimal = Decimal(0)
    """What `commitments` smoothed over accounts gave it, or took; 0 over all parts of a source."""

    @property
    def is_proven(self) -> bool:
        return EXACT.add(self.bill, self.moved) == self.out


@dataclass(frozen=True)
class BridgeStep:
    """From amortised cost to what the provider invoices, per charge category."""

    charge_category: str
    effective: Decimal
    billed: Decimal


@dataclass(frozen=True)
class Proof:
    period: str
    currency: str
    cost_measure: str
    input_total: Decimal
    bill_total: Decimal
    attributed_total: Decimal
    overhead_total: Decimal
    unallocated_total: Decimal
    excluded_total: Decimal
    per: tuple[ProofGroup, ...]
    bridge: tuple[BridgeStep, ...]

    @property
    def quantisation(self) -> Decimal:
        """What rounding every line to 1e-10 took off."""
        return EXACT.subtract(self.input_total, self.bill_total)

    @property
    def difference(self) -> Decimal:
        out = exact_sum(
            (
                self.attributed_total,
                self.overhead_total,
                self.unallocated_total,
                self.excluded_total,
            )
        )
        return EXACT.subtract(self.bill_total, out)

    @property
    def unproven(self) -> tuple[ProofGroup, ...]:
        return tuple(group for group in self.per if not group.is_proven)

    @property
    def holds(self) -> bool:
        return self.difference == 0 and not self.unproven and self.moved == 0

    @property
    def moved(self) -> Decimal:
        return exact_sum(group.moved for group in self.per)

    def to_json(self) -> dict[str, Any]:
        amounts = (
            "input_total",
            "quantisation",
            "bill_total",
            "attributed_total",
            "overhead_total",
            "unallocated_total",
            "excluded_total",
            "difference",
        )
        is_moved = any(group.moved for group in self.per)
        return {
            "period": self.period,
            "currency": self.currency,
            "cost_measure": self.cost_measure,
            **{name: plain(getattr(self, name)) for name in amounts},
            "per": [
                {
                    "source": group.source,
                    "account": group.account,
                    "service": group.service,
                    "charge_category": group.charge_category,
                    "bill": plain(group.bill),
                    "out": plain(group.out),
                    **({"moved": plain(group.moved)} if is_moved else {}),
                }
                for group in self.per
            ],
            "bridge": [
                {
                    "charge_category": step.charge_category,
                    "effective": plain(step.effective),
                    "billed": plain(step.billed),
                }
                for step in self.bridge
            ],
        }


def plain(amount: Decimal) -> str:
    """All digits, no exponent, and a bare 0 for nothing."""
    return f"{bare_zero(amount):f}"


def bare_zero(amount: Decimal) -> Decimal:
    """Nothing is written without decimals or sign, whatever it was summed from."""
    return amount or Decimal(0)


def side_of(recipient: str) -> Side:
    if recipient.startswith(OVERHEAD):
        return "overhead"
    if recipient.startswith(EXCLUDED):
        return "excluded"
    unowned = (UNMAPPED, UNMETERED, IDLE)
    if recipient == UNALLOCATED or recipient.startswith(unowned):
        return "unallocated"
    return "attributed"


def prove(
    *,
    period: str,
    currency: str,
    cost_measure: Literal["EffectiveCost", "BilledCost"],
    raw_totals: Sequence[RawTotal],
    out_by_recipient: Mapping[str, Decimal],
    out_by_group: Mapping[Group, Decimal],
    moved_by_group: Mapping[Group, Decimal] | None = None,
) -> Proof:
    measure = "effective" if cost_measure == "EffectiveCost" else "billed"
    bill: dict[Group, Decimal] = {}
    input_total = Decimal(0)
    for total in raw_totals:
        group = (total.source, total.account, total.service, total.charge_category)
        bill[group] = EXACT.add(bill.get(group, Decimal(0)), getattr(total, measure))
        input_total = EXACT.add(input_total, getattr(total, f"{measure}_exact"))
    sides: dict[Side, Decimal] = dict.fromkeys(
        ("attributed", "overhead", "unallocated", "excluded"), Decimal(0)
    )
    for recipient, amount in out_by_recipient.items():
        side = side_of(recipient)
        sides[side] = EXACT.add(sides[side], amount)
    moved = moved_by_group or {}
    groups = sorted(bill.keys() | out_by_group.keys() | moved.keys())
    nothing = Decimal(0)
    return Proof(
        period=period,
        currency=currency,
        cost_measure=cost_measure,
        input_total=input_total,
        bill_total=exact_sum(bill.values()),
        attributed_total=sides["attributed"],
        overhead_total=sides["overhead"],
        unallocated_total=sides["unallocated"],
        excluded_total=sides["excluded"],
        per=tuple(
            ProofGroup(
                *group,
                bill.get(group, nothing),
                out_by_group.get(group, nothing),
                moved.get(group, nothing),
            )
            for group in groups
        ),
        bridge=tuple(_bridge(raw_totals)),
    )


def _bridge(raw_totals: Sequence[RawTotal]) -> Iterator[BridgeStep]:
    for category in sorted({total.charge_category for total in raw_totals}):
        totals = [total for total in raw_totals if total.charge_category == category]
        yield BridgeStep(
            category,
            exact_sum(total.effective for total in totals),
            exact_sum(total.billed for total in totals),
        )

"""The proof of a run: what came out is what the bill says, in total and for every part of it.

The bill's side is the raw files' control totals, the other side is summed from the rows that were
written; nothing is found by subtraction but `difference` itself (design, sections 3 and 8).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Literal

from shared.contracts.raw_totals import RawTotal
from shared.exact import EXACT, exact_sum
from shared.vocabulary.recipients import EXCLUDED, IDLE, OVERHEAD, UNALLOCATED, UNMAPPED, UNMETERED

Side = Literal["attributed", "overhead", "unallocated", "excluded"]
Group = tuple[str, str, str, str]
"""Source, account, service, charge category."""
Exchanged = Mapping[str, Mapping[Group, Decimal]]
"""By the other month, what of each group belongs to it, or came from its bill."""
_NOTHING: Final = Decimal(0)


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
    moved_in: Decimal = Decimal(0)
    """Lines of later bills that belong to this month."""
    moved_out: Decimal = Decimal(0)
    """Lines of this bill that belong to earlier months."""

    @property
    def is_proven(self) -> bool:
        whole = exact_sum((self.bill, self.moved, self.moved_in))
        return EXACT.subtract(whole, self.moved_out) == self.out


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
    moved_in: Mapping[str, Decimal] = field(default_factory=dict)
    """By the month whose bill they came in, lines that belong to this one."""
    moved_out: Mapping[str, Decimal] = field(default_factory=dict)
    """By the month that they belong to, lines of this bill."""

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
        came = exact_sum((self.bill_total, *self.moved_in.values()))
        return EXACT.subtract(came, exact_sum((out, *self.moved_out.values())))

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
        shown = [
            name
            for name in ("moved", "moved_in", "moved_out")
            if any(getattr(group, name) for group in self.per)
        ]
        exchanged = {"moved_in": self.moved_in, "moved_out": self.moved_out}
        return {
            "period": self.period,
            "currency": self.currency,
            "cost_measure": self.cost_measure,
            **{name: plain(getattr(self, name)) for name in amounts},
            **{
                name: {month: plain(amount) for month, amount in sorted(by_month.items())}
                for name, by_month in exchanged.items()
                if by_month
            },
            "per": [
                {
                    "source": group.source,
                    "account": group.account,
                    "service": group.service,
                    "charge_category": group.charge_category,
                    "bill": plain(group.bill),
                    "out": plain(group.out),
                    **{name: plain(getattr(group, name)) for name in shown},
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
    moved_in: Exchanged | None = None,
    moved_out: Exchanged | None = None,
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
    gained, given_up = _by_group(moved_in or {}), _by_group(moved_out or {})
    groups = sorted(
        bill.keys() | out_by_group.keys() | moved.keys() | gained.keys() | given_up.keys()
    )
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
                bill.get(group, _NOTHING),
                out_by_group.get(group, _NOTHING),
                moved.get(group, _NOTHING),
                gained.get(group, _NOTHING),
                given_up.get(group, _NOTHING),
            )
            for group in groups
        ),
        bridge=tuple(_bridge(raw_totals)),
        moved_in=_by_month(moved_in or {}),
        moved_out=_by_month(moved_out or {}),
    )


def _by_group(exchanged: Exchanged) -> dict[Group, Decimal]:
    sums: dict[Group, Decimal] = {}
    for groups in exchanged.values():
        for group, amount in groups.items():
            sums[group] = EXACT.add(sums.get(group, _NOTHING), amount)
    return sums


def _by_month(exchanged: Exchanged) -> dict[str, Decimal]:
    return {month: exact_sum(groups.values()) for month, groups in exchanged.items()}


def _bridge(raw_totals: Sequence[RawTotal]) -> Iterator[BridgeStep]:
    for category in sorted({total.charge_category for total in raw_totals}):
        totals = [total for total in raw_totals if total.charge_category == category]
        yield BridgeStep(
            category,
            exact_sum(total.effective for total in totals),
            exact_sum(total.billed for total in totals),
        )

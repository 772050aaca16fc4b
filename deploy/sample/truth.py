"""Who owes what, by fractions, from what the generator meant: no code of the product is used."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Final

from deploy.sample.commitments import NEGATION_OWNER
from deploy.sample.lines import Line
from deploy.sample.months import SampleMonth
from deploy.sample.tenants import TENANTS
from deploy.sample.traffic import Traffic, is_active

# Pools of the sample: what is split hour by hour, and by what.
NODES: Final = "kubernetes-nodes"
SIGNALS: Final = {
    "nat": "nat_bytes",
    "load-balancer": "alb_lcu",
    "logs": "log_bytes",
    NODES: "pod_cpu",
}
WEIGHTS: Final = {
    "streaming": {"acme": 4, "borealis": 3, "globex": 2, "kestrel": 1},
    "search": {"acme": 5, "eastgate": 3, "halcyon": 2, "initech": 1, "juniper": 1},
}
EVEN: Final = "control-plane"
_DIGITS: Final = 30


@dataclass(frozen=True)
class Truth:
    """Exact US dollars by recipient; `cells` counts the cells that a tenant has a share of."""

    amounts: Mapping[str, Fraction]
    cells: Mapping[str, int]
    lines: int

    @property
    def total(self) -> Fraction:
        return sum_exactly(self.amounts.values())

    def to_json(self, *, period: str) -> str:
        """Decimals, rounded to 10^-30 and so far below the tolerance of 10^-10 a cell."""
        tenants = {tenant.key for tenant in TENANTS}
        document = {
            "period": period,
            "currency": "USD",
            "cost_measure": "EffectiveCost",
            "lines": self.lines,
            "bill_total": _decimal(self.total),
            "tenants": {
                key: {"amount": _decimal(amount), "cells": self.cells[key]}
                for key, amount in sorted(self.amounts.items())
                if key in tenants
            },
            "others": {
                key: _decimal(amount)
                for key, amount in sorted(self.amounts.items())
                if key not in tenants
            },
        }
        return json.dumps(document, indent=2) + "\n"


def _decimal(amount: Fraction) -> str:
    scaled = round(amount * 10**_DIGITS)
    with localcontext(prec=60):
        text = format(Decimal(scaled).scaleb(-_DIGITS), "f")
    return text.rstrip("0").rstrip(".")


def sum_exactly(fractions: Iterable[Fraction]) -> Fraction:
    """Pairwise, without cancelling on the way: thousands of unlike denominators stay fast."""
    terms = [(fraction.numerator, fraction.denominator) for fraction in fractions]
    while len(terms) > 1:
        pairs = zip(terms[::2], terms[1::2], strict=False)
        left = terms[-1:] if len(terms) % 2 else []
        terms = [(a * d + c * b, b * d) for (a, b), (c, d) in pairs] + left
    return Fraction(*terms[0]) if terms else Fraction(0)


def _shares(weights: Mapping[str, int]) -> dict[str, Fraction]:
    total = sum(weights.values())
    return {key: Fraction(weight, total) for key, weight in weights.items() if weight}


def _even(month: SampleMonth, hour: int) -> dict[str, Fraction]:
    return _shares({tenant.key: 1 for tenant in TENANTS if is_active(tenant, month, hour)})


def _split(pool: str, traffic: Traffic, hour: int, span: int) -> dict[str, Fraction]:
    """By what was recorded in the cell's own hours; nodes then by their day's, the rest evenly."""
    if pool != EVEN:
        meter = SIGNALS[pool]
        tries = [range(hour, hour + span)]
        if pool == NODES:
            day = hour - hour % 24
            tries.append(range(day, day + 24))
        for hours in tries:
            heard = traffic.recorded(meter, hours)
            if heard:
                return _shares(traffic.at(meter, heard))
    return _even(traffic.month, hour)


def tell(lines: Iterable[Line], traffic: Traffic) -> Truth:
    """Direct lines as they are meant; each pool by its driver, within its hour or its month."""
    by_owner: defaultdict[str, int] = defaultdict(int)
    by_cell: defaultdict[tuple[str, int, int], int] = defaultdict(int)
    count = 0
    for line in lines:
        count += 1
        if line.owner == NEGATION_OWNER:
            continue
        pool = line.owner.removeprefix("pool:")
        if pool in SIGNALS or pool == EVEN:
            by_cell[pool, line.hour or 0, line.span] += line.amortised_units
        else:
            by_owner[line.owner] += line.amortised_units
    keys = {tenant.key for tenant in TENANTS}
    direct = {key: max(0, by_owner[key]) for key in sorted(keys)}
    parts: defaultdict[str, list[Fraction]] = defaultdict(list)
    for owner, units in by_owner.items():
        pool = owner.removeprefix("pool:")
        if pool == owner:
            parts[owner].append(Fraction(units))
            continue
        for tenant, share in _shares(WEIGHTS.get(pool, direct)).items():
            parts[tenant].append(units * share)
    for (pool, hour, span), units in by_cell.items():
        for tenant, share in _split(pool, traffic, hour, span).items():
            parts[tenant].append(units * share)
    dollar = 10**10
    return Truth(
        amounts={key: sum_exactly(terms) / dollar for key, terms in parts.items()},
        cells={key: len(parts[key]) for key in keys},
        lines=count,
    )

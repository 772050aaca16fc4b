"""Who owes what, by fractions, from what the generator meant: no code of the product is used."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Final

from deploy.sample_company.commitments import NEGATION_OWNER
from deploy.sample_company.lines import Line
from deploy.sample_company.months import SampleMonth
from deploy.sample_company.tenants import TENANTS
from deploy.sample_company.traffic import Traffic, is_active
from deploy.sample_company.workloads import Workloads

# Pools of the sample: what is split hour by hour, and by what.
CLUSTER: Final = "cluster"
MONITORING: Final = "monitoring"
SIGNALS: Final = {
    "nat": "nat_bytes",
    "load-balancer": "alb_lcu",
    "logs": "log_bytes",
    CLUSTER: "pod_count",
    MONITORING: "series",
}
_USE_EACH_OTHER: Final = {CLUSTER: MONITORING, MONITORING: CLUSTER}
WEIGHTS: Final = {
    "streaming": {"acme": 4, "borealis": 3, "globex": 2, "kestrel": 1},
    "search": {"acme": 5, "eastgate": 3, "halcyon": 2, "initech": 1, "juniper": 1},
}
_DIGITS: Final = 30


@dataclass(frozen=True)
class Truth:
    """Exact US dollars by recipient; `cells` counts the cells that each has a share of."""

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


def _shares(weights: Mapping[str, int | Fraction]) -> dict[str, Fraction]:
    total = sum(weights.values())
    return {key: Fraction(weight, total) for key, weight in weights.items() if weight}


def _even(month: SampleMonth, hour: int) -> dict[str, Fraction]:
    return _shares({tenant.key: 1 for tenant in TENANTS if is_active(tenant, month, hour)})


def _driven(pool: str, traffic: Traffic, hour: int, span: int) -> dict[str, Fraction]:
    """By what was recorded in the cell's own hours; clusters then by their day's, else evenly."""
    meter = SIGNALS[pool]
    tries = [range(hour, hour + span)]
    if pool == CLUSTER:
        day = hour - hour % 24
        tries.append(range(day, day + 24))
    for hours in tries:
        recorded = traffic.recorded(meter, hours)
        if recorded:
            return _shares(traffic.at(meter, recorded))
    return _even(traffic.month, hour)


def _split(pool: str, traffic: Traffic, hour: int, span: int) -> dict[str, Fraction]:
    """Of two pools that use each other, what comes to tenants after any number of rounds."""
    own = _driven(pool, traffic, hour, span)
    other = _USE_EACH_OTHER.get(pool)
    if other is None:
        return own
    theirs = _driven(other, traffic, hour, span)
    used = own.pop(f"pool:{other}", Fraction(0))
    comes_back = theirs.pop(f"pool:{pool}", Fraction(0))
    return {
        tenant: (own.get(tenant, 0) + used * theirs.get(tenant, 0)) / (1 - used * comes_back)
        for tenant in {**own, **theirs}
    }


def tell(lines: Iterable[Line], traffic: Traffic, workloads: Workloads) -> Truth:
    """Direct lines as they are meant; machines by who ran there; each pool by its driver."""
    by_owner: defaultdict[str, int] = defaultdict(int)
    by_machine: defaultdict[tuple[str, int, int], int] = defaultdict(int)
    by_cell: defaultdict[tuple[str, int, int], int | Fraction] = defaultdict(int)
    count = 0
    for line in lines:
        count += 1
        kind, _, name = line.owner.partition(":")
        cell = name, line.hour or 0, line.span
        if kind == "node":
            by_machine[cell] += line.amortised_quanta
        elif kind == "pool" and name in SIGNALS:
            by_cell[cell] += line.amortised_quanta
        elif line.owner != NEGATION_OWNER:
            by_owner[line.owner] += line.amortised_quanta
    parts: defaultdict[str, list[Fraction]] = defaultdict(list)
    for (machine, hour, span), quanta in by_machine.items():
        for owner, share in workloads.shares(machine, range(hour, hour + span)):
            kind, _, pool = owner.partition(":")
            if kind == "pool":
                by_cell[pool, hour, span] += quanta * share
            else:
                parts[owner].append(quanta * share)
    _tell_owned(by_owner, parts)
    for (pool, hour, span), amount in by_cell.items():
        for tenant, share in _split(pool, traffic, hour, span).items():
            parts[tenant].append(amount * share)
    dollar = 10**10
    return Truth(
        amounts={key: sum_exactly(terms) / dollar for key, terms in parts.items()},
        cells={key: len(parts[key]) for key in {*parts, *(tenant.key for tenant in TENANTS)}},
        lines=count,
    )


def _tell_owned(by_owner: Mapping[str, int], parts: defaultdict[str, list[Fraction]]) -> None:
    """Whole lines, and the month's pools, which go by fixed weights or by what is direct."""
    direct = {
        tenant.key: max(
            Fraction(0), by_owner.get(tenant.key, 0) + sum_exactly(parts.get(tenant.key, []))
        )
        for tenant in TENANTS
    }
    for owner, quanta in by_owner.items():
        pool = owner.removeprefix("pool:")
        if pool == owner:
            parts[owner].append(Fraction(quanta))
            continue
        for tenant, share in _shares(WEIGHTS.get(pool, direct)).items():
            parts[tenant].append(quanta * share)

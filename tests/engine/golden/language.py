"""The language of golden cases: small bills, what is known beside them, and what comes out.

A file has cases. A case starts with `== its title`; prose below says why the numbers are right.
Then come sections, a word on a line of its own with an indented body:

    rules       YAML beside version, currency, tenants and labels (a key given here replaces ours)
    bill        a table; every line is a charge
    signals     a table
    workloads   a table
    gives       a table of some columns of the allocations and their `amount`: all of it, no more
    refuses     words of the error that is raised instead

A table's cells are two or more blanks apart, the first row names its columns, `-` is empty. Times
are of 2026-10-03: `4` is the hour from 04:00, `day` the whole day, `month` the whole month, and
`23:30..24:30` from half past eleven to half past midnight; hours below 0 and from 24
on are of other days.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_SECTIONS = ("rules", "bill", "signals", "workloads", "gives", "refuses")
_BILL = {
    "service": "ServiceName",
    "group": "ServiceCategory",
    "usage": "SkuMeter",
    "account": "SubAccountId",
    "resource": "ResourceId",
    "charge": "ChargeCategory",
    "billed": "BilledCost",
    "effective": "EffectiveCost",
    "commitment": "CommitmentDiscountStatus",
    "commitment_id": "CommitmentDiscountId",
    "quantity": "ConsumedQuantity",
    "pricing": "PricingCategory",
}
_OBJECTS = {
    "label": "labels",
    "annotation": "annotations",
    "namespace-label": "namespace_labels",
    "namespace-annotation": "namespace_annotations",
    "tag": "tags",
    "service-tag": "service_tags",
    "provider-tag": "capacity_provider_tags",
    "cluster-tag": "cluster_tags",
}
_BASE: Mapping[str, Any] = {
    "version": 1,
    "currency": "USD",
    "tenants": [{"key": "acme", "aliases": ["acme-corp", "ACME Inc*"]}, {"key": "globex"}],
    "labels": {"tenant": ["tag:customer"]},
}
Row = dict[str, str]


@dataclass
class Case:
    title: str
    place: str
    body: dict[str, list[str]] = field(default_factory=dict)

    @property
    def ruleset(self) -> str:
        own = yaml.safe_load("\n".join(self.body.get("rules", []))) or {}
        return yaml.safe_dump({**_BASE, **own}, sort_keys=False)

    @property
    def refuses(self) -> str:
        return " ".join(line.strip() for line in self.body.get("refuses", []))

    def table(self, section: str) -> list[Row]:
        lines = [line for line in self.body.get(section, []) if line.strip()]
        if not lines:
            return []
        names, *rows = (re.split(r"\s{2,}", line.strip()) for line in lines)
        for row in rows:
            assert len(row) == len(names), f"{self.place}: {row} has other columns than {names}"
        return [
            {name: "" if cell == "-" else cell for name, cell in zip(names, row, strict=True)}
            for row in rows
        ]

    @property
    def bill(self) -> list[dict[str, Any]]:
        return [_charge(row) for row in self.table("bill")]

    @property
    def signals(self) -> list[str]:
        return [
            f"{row['meter']} {_start(row['at'])} {row['consumer']} {row['quantity']}"
            for row in self.table("signals")
        ]

    @property
    def workloads(self) -> list[dict[str, Any]]:
        return [_workload(row) for row in self.table("workloads")]


def read_cases(folder: Path) -> Iterator[Case]:
    for path in sorted(folder.glob("*.txt")):
        yield from _cases_of(path)


def _cases_of(path: Path) -> Iterator[Case]:
    case, section = None, ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("== "):
            if case is not None:
                yield case
            case, section = Case(line[3:].strip(), f"{path.name}:{number}"), ""
        elif line in _SECTIONS and case is not None:
            section = line
            case.body[section] = []
        elif section and case is not None and line.startswith("    "):
            case.body[section].append(line[4:])
        elif line.strip():
            section = ""
    if case is not None:
        yield case


def _charge(row: Row) -> dict[str, Any]:
    at = row.get("at") or "4"
    line: dict[str, Any] = {
        "ChargePeriodStart": _start(at),
        "ChargePeriodEnd": _end(at),
        **{_BILL[name]: cell for name, cell in row.items() if name in _BILL},
    }
    if "cost" in row:
        line["cost"] = row["cost"]
    tags = {name[4:]: cell for name, cell in row.items() if name.startswith("tag:") and cell}
    unknown = {name for name in row if name not in {*_BILL, "at", "cost"} and name[:4] != "tag:"}
    assert not unknown, f"no column of a bill is named {unknown}"
    return line | ({"tags": tags} if tags else {})


def _workload(row: Row) -> dict[str, Any]:
    workload: dict[str, Any] = {"start": _start(row.get("at") or "4")}
    for name, cell in row.items():
        kind, _, key = name.partition(":")
        if key:
            values = workload.setdefault(_OBJECTS[kind], {})
            if cell:
                values[key] = cell
        elif name != "at":
            workload[name] = cell
    return workload


def _start(at: str) -> str:
    if at == "month":
        return "2026-10-01T00:00:00Z"
    return _moment("0" if at == "day" else at.partition("..")[0])


def _end(at: str) -> str:
    if at == "month":
        return "2026-11-01T00:00:00Z"
    if ".." in at:
        return _moment(at.partition("..")[2])
    return _moment("24" if at == "day" else str(int(at) + 1))


def _moment(text: str) -> str:
    """Hours, or hours and minutes, after the day's midnight."""
    hours, _, minutes = text.partition(":")
    after = dt.timedelta(hours=int(hours), minutes=int(minutes or 0))
    return f"{dt.datetime(2026, 10, 3, tzinfo=dt.UTC) + after:%Y-%m-%dT%H:%M:%SZ}"

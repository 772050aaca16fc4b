"""The sets of data, and what has to become of each."""

import csv
import gzip
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Final

from tests.samples.judge import Sample
from tests.samples.made import Programs, Provider, only

_NISE: Final = "koku-nise, AWS"
_TOOLKIT: Final = "focus-data-toolkit"
_MONTH: Final = "2026-10"
_TOOLKIT_MONTH: Final = "2026-05"
_DAY: Final = ("--start-date", "2026-10-01", "--end-date", "2026-10-02")
_TURN: Final = ("--start-date", "2026-09-30", "--end-date", "2026-10-02")
_NAMES: Final = {"aws": "AWS", "azure": "Azure", "gcp": "Google Cloud"}
_COST_CENTRE: Final = {"aws": "CostCenter", "azure": "CostCenter", "gcp": "cost-center"}
_VERSIONS: Final = ("1.2", "1.3")
_MODES: Final = ("strict", "synthetic")
# Of a node of cluster.yaml; the other one is half of globex. Both cost the same.
_SHARES: Final = {"acme": Decimal("0.125"), "globex": Decimal("0.5")}
_NO_EFFECTIVE_COST: Final = "`cost: EffectiveCost` needs EffectiveCost"


def sets(programs: Programs) -> Iterator[Sample]:
    yield from _of_nise(programs)
    yield from _of_nise_refused(programs)
    for provider in ("aws", "azure", "gcp"):
        for version in _VERSIONS:
            yield from _of_toolkit(programs, provider, version)
    yield from _of_toolkit_refused(programs)


def _both(sample: Sample) -> Iterator[Sample]:
    yield sample
    yield replace(sample, cost="EffectiveCost")


def _of_nise(programs: Programs) -> Iterator[Sample]:
    usage = programs.nise_static("usage", "--file-row-limit", "3000", "--aws-finalize", "overwrite")
    tagged = f"{_NISE}, usage of seven services and two tenants, two files"
    yield from _both(Sample(tagged, usage, _MONTH, label="customer"))
    euros = programs.nise_static("nodes", currency="EUR")
    yield Sample(f"{_NISE}, in euros", euros, _MONTH, currency="EUR", label="openshift_node")
    plan = programs.nise_static("plan")
    covered = f"{_NISE}, usage under a Savings Plan, its negation, its upfront fee"
    yield Sample(covered, plan, _MONTH)
    yield Sample(covered, plan, _MONTH, cost="EffectiveCost", label="customer")
    random = programs.nise_aws("random", *_DAY)
    title = f"{_NISE}, random, a day; its accounts have 13 digits"
    yield from _both(Sample(title, random, _MONTH, label="app"))
    plain = only(programs.nise_files("aws", *_DAY), "*.csv")
    yield Sample(f"{_NISE}, random, a day, the file without a manifest", plain, _MONTH, label="app")
    turn = programs.nise_aws("turn", *_TURN)
    for month in ("2026-09", _MONTH):
        yield Sample(f"{_NISE}, random, two months in a bucket: {month}", turn, month)
    market = programs.nise_aws("market", *_DAY, report="aws-marketplace")
    yield Sample(f"{_NISE} Marketplace, random", market, _MONTH)
    nodes = programs.nise_static("nodes")
    cluster = programs.nise_cluster("cluster")
    title = f"{_NISE} with the OpenShift cost operator's folder of the same nodes"
    yield Sample(title, nodes, _MONTH, workloads=cluster, shares=_SHARES)


def _of_nise_refused(programs: Programs) -> Iterator[Sample]:
    reserved = programs.nise_static("commitments")
    title = f"{_NISE}, a Savings Plan's recurring fee and a reservation, of which it leaves out"
    yield Sample(
        f"{title} what was used",
        reserved,
        _MONTH,
        first_run_refusal="or give a ruleset with `cost: BilledCost`",
    )
    yield Sample(
        f"{title} what was used",
        reserved,
        _MONTH,
        cost="EffectiveCost",
        refusal=_NO_EFFECTIVE_COST,
    )
    random = programs.nise_aws("random", *_DAY)
    yield Sample(
        f"{_NISE}, random, asked for another month",
        random,
        "2026-11",
        refusal="no delivery of 2026-11 is here, only of 2026-10",
    )
    for provider, what in (("azure", "Microsoft's"), ("gcp", "Google Cloud's own")):
        export = programs.nise_files(provider, *_DAY)
        title = f"koku-nise, {_NAMES[provider]}, in the provider's own format"
        yield Sample(title, export, _MONTH, refusal=what)
    cluster = programs.nise_cluster("cluster")
    yield Sample(
        "koku-nise, OpenShift's pod usage, given as a bill",
        only(cluster, "*pod_usage.csv"),
        _MONTH,
        refusal="a report of the OpenShift cost operator",
    )


def _of_toolkit(programs: Programs, provider: Provider, version: str) -> Iterator[Sample]:
    made = only(programs.focus(provider, version), "*cost_and_usage*.csv")
    label = _COST_CENTRE[provider]
    title = f"{_TOOLKIT}, {_NAMES[provider]}, FOCUS {version}"
    yield from _both(Sample(title, made, _TOOLKIT_MONTH, label=label))
    for mode in _MODES:
        folder = programs.focus_1_4(provider, version, mode)
        bill = only(folder, "*cost_and_usage.csv")
        yield Sample(f"{title} converted to 1.4 ({mode})", bill, _TOOLKIT_MONTH, label=label)


def _of_toolkit_refused(programs: Programs) -> Iterator[Sample]:
    source = programs.focus("aws", "1.3")
    folder = programs.focus_1_4("aws", "1.3", "synthetic")
    other = {
        "FOCUS 1.3, Contract Commitment": only(source, "*contract_commitment*.csv"),
        "FOCUS 1.4, Contract Commitment": only(folder, "*contract_commitment.csv"),
        "FOCUS 1.4, Billing Period": only(folder, "*billing_period.csv"),
        "FOCUS 1.4, Invoice Detail": only(folder, "*invoice_detail.csv"),
    }
    for title, path in other.items():
        name = title.partition(", ")[2]
        refusal = f"it is FOCUS's {name} dataset"
        yield Sample(f"{_TOOLKIT}, AWS, {title}", path, _TOOLKIT_MONTH, refusal=refusal)
    yield Sample(
        f"{_TOOLKIT}, AWS, FOCUS 1.3, the folder of its two datasets",
        source,
        _TOOLKIT_MONTH,
        label=_COST_CENTRE["aws"],
        costs=only(source, "*cost_and_usage*.csv"),
    )
    yield Sample(
        f"{_TOOLKIT}, AWS, FOCUS 1.4, the folder of its four datasets and its record of converting",
        folder,
        _TOOLKIT_MONTH,
        refusal="no manifest of AWS",
    )


def given(folder: Path) -> list[Sample]:
    """Each CSV below the folder, by the billing period and the currency of its first line."""
    paths = sorted([*folder.rglob("*.csv"), *folder.rglob("*.csv.gz")])
    if not paths:
        raise FileNotFoundError(f"no .csv and no .csv.gz is in {folder}")
    return [
        Sample(
            path.relative_to(folder).as_posix(),
            path,
            period,
            cost=cost,
            currency=currency,
            refusal=None,
        )
        for path in paths
        for period, currency in [_month_of(path)]
        for cost in ("BilledCost", "EffectiveCost")
    ]


def _month_of(path: Path) -> tuple[str, str]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig", errors="replace", newline="") as file:
        first = next(csv.DictReader(file), {})  # noqa: TID251 - others' file
    start = first.get("BillingPeriodStart") or first.get("bill/BillingPeriodStartDate") or ""
    currency = first.get("BillingCurrency") or first.get("lineItem/CurrencyCode") or ""
    return (
        start[:7] if re.match(r"20[0-9]{2}-(0[1-9]|1[0-2])", start) else _MONTH,
        currency if re.fullmatch("[A-Z]{3}", currency) else "USD",
    )

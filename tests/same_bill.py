"""One random bill in every format, each cell in a spelling that its format allows.

Whatever format, encoding, spelling of times and numbers, and place of tags: owners and amounts are
the same bytes.
"""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from shared.periods import Month
from tests.bills import legacy_name, write_focus, write_legacy

OCTOBER = Month(2026, 10)
RULESET = """
version: 1
currency: USD
tenants: [{key: acme}, {key: globex}, {key: initech}]
labels: {tenant: ["tag:customer", "tag:user_id", "tag:costCategory/team"]}
rules:
  - {name: tax, when: {charge_category: [Tax]}, assign: {overhead: tax}}
pools:
  - name: nat
    when: {usage_type: ["*NatGateway*"]}
    drivers: [{even: true}]
  - name: credits
    when: {charge_category: [Credit]}
    per: period
    drivers: [{proportional: direct}]
defaults: {accounts: {"012345678901": initech}}
"""
ACCOUNTS = ("012345678901", "222222222222", "333333333333")
SERVICES = {"AmazonEC2": "Amazon EC2", "AmazonVPC": "Amazon VPC"}
CATEGORIES = {"AmazonEC2": "Compute", "AmazonVPC": "Networking"}
TAGS = ("customer", "user_id", "app")
HOURS = 24 * 31
LINE_COLUMNS = (
    "CAST(Tags AS VARCHAR), x_Account, ServiceName, ServiceCategory, x_ServiceCode, ChargeCategory,"
    " RegionId, coalesce(x_UsageType, SkuMeter), ChargePeriodStart, ChargePeriodEnd,"
    " BillingPeriodStart, BilledCost, EffectiveCost"
)
"""Of a snapshot, what decides whose a line is and what it costs."""
OUTPUTS = ("allocations.parquet", "statements.csv", "unallocated.csv")


@dataclass(frozen=True)
class Line:
    amount: Decimal
    category: str
    service: str
    usage_type: str
    account: str
    start: datetime
    hours: int
    tags: Mapping[str, str]
    cost_category: str


def random_bill(dice: random.Random) -> list[Line]:
    return [_line(dice) for _ in range(dice.randint(5, 25))]


def _line(dice: random.Random) -> Line:
    category = dice.choice(["Usage"] * 6 + ["Tax", "Credit"])
    amount = Decimal(dice.randint(1, 10**9)).scaleb(-dice.randint(2, 10))
    hours = dice.choice([1, 1, 1, 24])
    start = OCTOBER.start + timedelta(hours=dice.randrange(0, HOURS - hours, hours))
    names = dice.sample(TAGS, dice.randint(0, 3))
    return Line(
        amount=-amount if category == "Credit" else amount,
        category=category,
        service=dice.choice(list(SERVICES)),
        usage_type=dice.choice(["BoxUsage:m5.large", "USE1-NatGateway-Bytes"]),
        account=dice.choice(ACCOUNTS),
        start=start,
        hours=hours,
        tags={
            name: dice.choice(["acme", "globex", "Initech", "nobody", "Größe"]) for name in names
        },
        cost_category=dice.choice(["", "", "acme", "globex"]),
    )


def write_bill(dice: random.Random, lines: Sequence[Line], form: str, folder: Path) -> Path:
    return FORMS[form](dice, lines, folder)


def _focus_csv(version: str) -> Callable[[random.Random, Sequence[Line], Path], Path]:
    def write(dice: random.Random, lines: Sequence[Line], folder: Path) -> Path:
        rows = [_in_focus(dice, line, version) for line in lines]
        spelling = dice.choice([str, str, str.lower, str.upper])
        rows = [{spelling(name): value for name, value in row.items()} for row in rows]
        dice.shuffle(rows)
        name = dice.choice(["bill.csv", "bill.csv.gz"])
        return _respelt(dice, write_focus(folder / name, rows))

    return write


def _respelt(dice: random.Random, path: Path) -> Path:
    """A plain CSV in another encoding, with a mark, or with other line ends."""
    if path.suffix != ".csv":
        return path
    text = path.read_bytes().decode()
    encoding = dice.choice(["utf-8", "utf-8-sig", "utf-16"])
    if dice.random() < 0.3:
        text = text.replace("\n", "\r\n")
    path.write_bytes(text.encode(encoding))
    return path


def _in_focus(dice: random.Random, line: Line, version: str) -> dict[str, str]:
    tags = dict(line.tags)
    row = {
        "BilledCost": spelt_number(dice, line.amount),
        "EffectiveCost": spelt_number(dice, line.amount),
        "BillingCurrency": dice.choice(["USD", "usd"]),
        "BillingPeriodStart": spelt_time(dice, OCTOBER.start),
        "BillingPeriodEnd": spelt_time(dice, OCTOBER.end),
        "ChargePeriodStart": spelt_time(dice, line.start),
        "ChargePeriodEnd": spelt_time(dice, line.start + timedelta(hours=line.hours)),
        "ChargeCategory": dice.choice([line.category, line.category.lower()]),
        "ServiceName": SERVICES[line.service],
        "ServiceCategory": CATEGORIES[line.service],
        "BillingAccountId": "111111111111",
        "SubAccountId": spelt_account(dice, line.account),
        "RegionId": "us-east-1",
        "InvoiceIssuerName": "Amazon Web Services",
        "x_ServiceCode": line.service,
    }
    if version == "1.0":
        row["x_UsageType"] = line.usage_type
        row["x_CostCategories"] = spelt_json(dice, {"team": line.cost_category})
    else:
        row["SkuMeter"] = line.usage_type
        tags["costCategory/team"] = line.cost_category
    if version == "1.3":
        row["ServiceProviderName"] = "AWS"
        allocated = {key: tags.pop(key) for key in list(tags) if dice.random() < 0.5}
        row["AllocatedTags"] = spelt_json(dice, allocated)
        tags |= {key: "host" for key, value in allocated.items() if value and dice.random() < 0.5}
    row["Tags"] = spelt_json(dice, tags)
    return row


def _in_cur(dice: random.Random, line: Line) -> dict[str, Any]:
    return {
        "bill_billing_period_start_date": spelt_time(dice, OCTOBER.start),
        "bill_billing_period_end_date": spelt_time(dice, OCTOBER.end),
        "bill_payer_account_id": spelt_account(dice, "111111111111"),
        "line_item_usage_account_id": spelt_account(dice, line.account),
        "line_item_currency_code": dice.choice(["USD", "usd"]),
        "line_item_line_item_type": dice.choice([line.category, line.category.lower()]),
        "line_item_usage_start_date": spelt_time(dice, line.start),
        "line_item_usage_end_date": spelt_time(dice, line.start + timedelta(hours=line.hours)),
        "line_item_product_code": line.service,
        "line_item_usage_type": line.usage_type,
        "line_item_unblended_cost": spelt_number(dice, line.amount),
        "product_region_code": "us-east-1",
        "product_product_name": SERVICES[line.service],
    }


def _legacy_csv(dice: random.Random, lines: Sequence[Line], folder: Path) -> Path:
    rows = []
    for line in lines:
        row = {legacy_name(name): value for name, value in _in_cur(dice, line).items()}
        row |= {f"resourceTags/user:{key}": value for key, value in line.tags.items()}
        rows.append(row | {"costCategory/team": line.cost_category})
    dice.shuffle(rows)
    return write_legacy(folder / dice.choice(["bill.csv.gz", "bill.csv.zip", "bill.csv"]), rows)


def _cur_2_csv(dice: random.Random, lines: Sequence[Line], folder: Path) -> Path:
    """Each tag in one of the places that the format has, at random and for the whole file."""
    place = {key: dice.choice(["map", "tags", "column"]) for key in (*TAGS, "team")}
    rows = []
    for line in lines:
        maps: dict[str, dict[str, str]] = {"resource_tags": {}, "tags": {}, "cost_category": {}}
        row = _in_cur(dice, line) | {"bill_payer_account_name": "payer"}
        for key, value in line.tags.items():
            if place[key] == "map":
                maps["resource_tags"][f"user_{key}"] = value
            elif place[key] == "tags":
                maps["tags"][f"resourceTags/user_{key}"] = value
            else:
                row[f"resource_tags_user_{key}"] = value
        if place["team"] == "map":
            maps["cost_category"]["team"] = line.cost_category
        elif place["team"] == "tags":
            maps["tags"]["costCategory/team"] = line.cost_category
        else:
            row["cost_category_team"] = line.cost_category
        rows.append(row | {name: spelt_json(dice, tags) for name, tags in maps.items()})
    dice.shuffle(rows)
    return write_focus(folder / "bill.csv.gz", rows)


def _parquet(of: Callable[[random.Random, Sequence[Line], Path], Path]) -> Any:
    """The same rows with types of Parquet: amounts and times as such."""

    def write(dice: random.Random, lines: Sequence[Line], folder: Path) -> Path:
        source = of(_Plain(dice.randrange(2**32)), lines, folder)
        path = folder / "bill.parquet"
        money = dice.choice(["VARCHAR", "DECIMAL(28,12)"])
        time = dice.choice(["TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMPTZ", "VARCHAR"])
        with duckdb.connect() as session:
            session.execute("SET TimeZone = 'UTC'")
            rows = session.read_csv(str(source), all_varchar=True)
            columns = [_typed(name, money, time) for name in rows.columns]
            rows.project(", ".join(columns)).write_parquet(str(path))
        source.unlink()
        return path

    return write


def _typed(name: str, money: str, time: str) -> str:
    if name in ("BilledCost", "EffectiveCost") or name.endswith("_cost"):
        return f'CAST("{name}" AS {money}) AS "{name}"'
    if name.endswith(("PeriodStart", "PeriodEnd", "_date")):
        return f'CAST("{name}" AS {time}) AS "{name}"'
    return f'"{name}"'


class _Plain(random.Random):
    """Chooses the first spelling each time, which every cast reads."""

    def choice(self, seq: Sequence[Any]) -> Any:
        return seq[0]

    def random(self) -> float:
        return 0.9


FORMS: Mapping[str, Callable[[random.Random, Sequence[Line], Path], Path]] = {
    "FOCUS 1.0": _focus_csv("1.0"),
    "FOCUS 1.2": _focus_csv("1.2"),
    "FOCUS 1.3": _focus_csv("1.3"),
    "legacy CUR": _legacy_csv,
    "CUR 2.0": _cur_2_csv,
    "FOCUS 1.2 in Parquet": _parquet(_focus_csv("1.2")),
    "CUR 2.0 in Parquet": _parquet(_cur_2_csv),
}


def spelt_time(dice: random.Random, moment: datetime) -> str:
    iso = f"{moment:%Y-%m-%d %H:%M:%S}"
    later = moment + timedelta(hours=2)
    forms = [
        f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        iso,
        f"{iso}.000 UTC",
        f"{iso}+00",
        f"{moment:%Y-%m-%dT%H:%M}",
        f"{later:%Y-%m-%dT%H:%M:%S}+02:00",
        f"{moment:%Y%m%dT%H%M%S}Z",
        f"{moment:%Y/%m/%d %H:%M}",
        f"{moment.day}-{moment:%b-%Y %H:%M}",
        f"{iso} +0000 UTC",
        f"{int(moment.astimezone(UTC).timestamp())}s",
    ]
    if moment.hour == 0:
        forms.append(f"{moment:%Y-%m-%d}")
    return dice.choice(forms)


def spelt_number(dice: random.Random, amount: Decimal) -> str:
    exponent = dice.randint(-3, 3)
    forms = [
        f"{amount:f}",
        f"{amount:f}" + ("0" if "." in f"{amount:f}" else ".0"),
        f"{amount.scaleb(-exponent):f}e{exponent}",
        f"{amount.scaleb(-exponent):f}E{exponent:+d}",
        f" {amount:f}",
    ]
    if amount > 0:
        forms.append(f"+{amount:f}")
    return dice.choice(forms)


def spelt_account(dice: random.Random, account: str) -> str:
    forms = [account, f"{account[:4]}-{account[4:8]}-{account[8:]}", f"'{account}"]
    forms += [account.lstrip("0"), f"{account.lstrip('0')}.0"]
    return dice.choice(forms)


def spelt_json(dice: random.Random, tags: Mapping[str, str]) -> str:
    """Without a value a key may be there or not; an object without keys may be nothing."""
    kept = {key: value for key, value in tags.items() if value or dice.random() < 0.5}
    keys = list(kept)
    dice.shuffle(keys)
    if not keys:
        return dice.choice(["", "{}", "NULL"])
    return json.dumps(
        {key: kept[key] for key in keys},
        ensure_ascii=dice.choice([False, True]),
        indent=dice.choice([None, 1]),
    )

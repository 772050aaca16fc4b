# ruff: noqa: S608 - names and texts in SQL go through identifier() and literal()
"""Control totals taken straight from the raw files, in Python's Decimal, not by the mapping's SQL.

They are the bill's side of every proof, so nothing here is shared with the normalisation but the
list of files: amounts are summed as written (a double by its shortest decimal) and, beside, with
every line rounded once to 1e-10, half-up (away from zero). A CSV is read to its end through
Python's gzip, which checks CRC32 and length; DuckDB checks neither (aws-bills facts, 6.6).
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from services.ingestion.engine.layouts import Kind
from services.ingestion.engine.snapshot import RawTotal
from shared.columnar import Session
from shared.exact import EXACT, HALF_UP
from shared.faults import BadInput
from shared.money import UNIT
from shared.periods import Month
from shared.tabular import SourceFile, open_text

Row = Mapping[str, str | None]
Measures = tuple[str, Decimal, Decimal]
"""Charge category, billed, effective."""

_BATCH = 10_000


@dataclass
class _Sums:
    billed: Decimal = Decimal(0)
    effective: Decimal = Decimal(0)
    billed_exact: Decimal = Decimal(0)
    effective_exact: Decimal = Decimal(0)

    def add(self, billed: Decimal, effective: Decimal, count: int) -> None:
        """Rounding to 1e-10 is half-up, away from zero."""
        times = Decimal(count)
        self.billed = EXACT.fma(billed.quantize(UNIT, context=HALF_UP), times, self.billed)
        self.effective = EXACT.fma(effective.quantize(UNIT, context=HALF_UP), times, self.effective)
        self.billed_exact = EXACT.fma(billed, times, self.billed_exact)
        self.effective_exact = EXACT.fma(effective, times, self.effective_exact)


@dataclass
class RawTally:
    """Adds up file after file; `other_months` counts rows of other billing periods."""

    kind: Kind
    period: Month
    source: str
    row_count: int = 0
    unreadable_count: int = 0
    """Rows with a value that is no number or no time; the staging names them."""
    currencies: set[str] = field(default_factory=set)
    other_months: dict[str, int] = field(default_factory=dict)
    sums: dict[tuple[str, str, str], _Sums] = field(default_factory=dict)

    def add_file(self, session: Session, file: SourceFile) -> int:
        """Rows of the file, those of other months too."""
        reader = _FOCUS if self.kind.is_focus else _CUR_2
        rows = _csv_rows(file) if file.format == "csv" else _parquet_rows(session, file, reader)
        count_of_file = 0
        for row, count in rows:
            count_of_file += count
            try:
                self._add(reader, row, count)
            except (InvalidOperation, ValueError):
                self.unreadable_count += count
        return count_of_file

    def _add(self, reader: "_Reader", row: Row, count: int) -> None:
        month = _month_of(row.get(reader.billing_period) or "")
        if month != self.period:
            self.other_months[str(month)] = self.other_months.get(str(month), 0) + count
            return
        self.row_count += count
        self.currencies.add(row.get(reader.currency) or "")
        account = next((text for name in reader.accounts if (text := row.get(name))), "")
        service = reader.service(row)
        for category, billed, effective in reader.measures(row):
            sums = self.sums.setdefault((account, service, category), _Sums())
            sums.add(billed, effective, count)

    def totals(self) -> tuple[RawTotal, ...]:
        return tuple(
            RawTotal(self.source, *key, **self.sums[key].__dict__) for key in sorted(self.sums)
        )


@lru_cache(maxsize=1000)
def _month_of(text: str) -> Month:
    moment = datetime.fromisoformat(text)
    return Month.of(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _csv_rows(file: SourceFile) -> Iterator[tuple[Row, int]]:
    names = [column.name for column in file.columns]
    with open_text(file.path) as text:
        lines = csv.reader(text, strict=True)
        next(lines)
        number = 0
        try:
            for number, values in enumerate((line for line in lines if line), start=1):
                if len(values) != len(names):
                    raise BadInput(
                        f"has {len(values)} values where the header has {len(names)}.",
                        file=str(file.path),
                        row=number,
                        remedy="The file is cut or damaged; fetch it again.",
                    )
                yield dict(zip(names, map(_or_none, values), strict=True)), 1
        except csv.Error as error:
            raise BadInput(
                f"not a well-formed CSV: {error}.",
                file=str(file.path),
                row=number + 1,
                remedy="The file is cut or damaged; fetch it again.",
            ) from error


def _or_none(value: str) -> str | None:
    return None if value in ("", "NULL", "null") else value


def _parquet_rows(
    session: Session, file: SourceFile, reader: "_Reader"
) -> Iterator[tuple[Row, int]]:
    names = [name for name in reader.columns if file.find(name) is not None]
    wanted = [_as_text(file, name) for name in names]
    result = session.cursor().execute(
        f"SELECT {', '.join(wanted)}, count(*) FROM {file.scan} GROUP BY ALL"
    )
    while batch := result.fetchmany(_BATCH):
        for values in batch:
            texts: Sequence[str | None] = [v and _or_none(v) for v in values[:-1]]
            yield dict(zip(names, texts, strict=True)), values[-1]


def _as_text(file: SourceFile, name: str) -> str:
    column = file.find(name)
    if column is None:
        raise KeyError(name)
    if column.type.startswith("MAP"):
        return f"{column.reference}['product_name']"
    if name == "product":
        return f"json_extract_string({column.reference}, '$.product_name')"
    if column.type == "TIMESTAMP WITH TIME ZONE":
        return f"CAST(CAST({column.reference} AS TIMESTAMP) AS VARCHAR)"
    if "account_id" in name and column.type.endswith("INT"):
        return f"lpad(CAST({column.reference} AS VARCHAR), 12, '0')"
    return f"CAST({column.reference} AS VARCHAR)"


@dataclass(frozen=True)
class _Reader:
    columns: tuple[str, ...]
    billing_period: str
    currency: str
    accounts: tuple[str, ...]
    service: Callable[[Row], str]
    measures: Callable[[Row], Iterable[Measures]]


def _number(row: Row, *names: str) -> Decimal:
    """The first of the columns that has a value, else 0."""
    return next((_decimal(text) for name in names if (text := row.get(name))), Decimal(0))


@lru_cache(maxsize=50_000)
def _decimal(text: str) -> Decimal:
    return EXACT.create_decimal(text.strip())


def _focus_measures(row: Row) -> Iterator[Measures]:
    yield row.get("ChargeCategory") or "", _number(row, "BilledCost"), _number(row, "EffectiveCost")


_PURCHASES = frozenset(
    ["Fee", "RIFee", "SavingsPlanRecurringFee", "SavingsPlanUpfrontFee", "FlatRateSubscription"]
)
_USAGES = frozenset(["Usage", "DiscountedUsage", "SavingsPlanCoveredUsage", "SavingsPlanNegation"])
_FEE_REFUND = "Refund for one-time fee for Savings Plan ID"
_ZERO = Decimal(0)


def _cur_category(row: Row) -> str:
    line_type = row.get("line_item_line_item_type") or ""
    if line_type in _USAGES or line_type.endswith("Discount"):
        return "Usage"
    if line_type in _PURCHASES:
        return "Purchase"
    if line_type == "Refund":
        arns = ("savings_plan_savings_plan_a_r_n", "reservation_reservation_a_r_n")
        return "Purchase" if any(row.get(name) for name in arns) else "Usage"
    return line_type if line_type in ("Tax", "Credit") else "Adjustment"


def _cur_measures(row: Row) -> Iterator[Measures]:
    category = _cur_category(row)
    billed = _number(row, "line_item_net_unblended_cost", "line_item_unblended_cost")
    match row.get("line_item_line_item_type"):
        case "SavingsPlanCoveredUsage":
            net = "savings_plan_net_savings_plan_effective_cost"
            effective = _number(row, net, "savings_plan_savings_plan_effective_cost")
        case "DiscountedUsage":
            effective = _number(row, "reservation_net_effective_cost", "reservation_effective_cost")
        case "SavingsPlanRecurringFee":
            effective = _ZERO
            unused = EXACT.subtract(
                _number(row, "savings_plan_total_commitment_to_date"),
                _number(row, "savings_plan_used_commitment"),
            )
            yield "Usage", _ZERO, unused
        case "RIFee":
            effective = _ZERO
            yield "Usage", _ZERO, _unused_reservation(row)
        case "SavingsPlanNegation" | "SavingsPlanUpfrontFee":
            effective = _ZERO
        case _:
            effective = _ZERO if _is_prepaid(row) else billed
    yield category, billed, effective


def _unused_reservation(row: Row) -> Decimal:
    upfront = "unused_amortized_upfront_fee_for_billing_period"
    return EXACT.add(
        _number(row, f"reservation_net_{upfront}", f"reservation_{upfront}"),
        _number(row, "reservation_net_unused_recurring_fee", "reservation_unused_recurring_fee"),
    )


def _is_prepaid(row: Row) -> bool:
    """Upfront fees, and their refunds, that EffectiveCost spreads over the commitment's term."""
    match row.get("line_item_line_item_type"):
        case "Fee":
            return bool(row.get("reservation_reservation_a_r_n"))
        case "Refund":
            text = row.get("line_item_line_item_description") or ""
            product = row.get("line_item_product_code")
            return product == "ComputeSavingsPlans" and text.startswith(_FEE_REFUND)
        case _:
            return False


def _cur_service(row: Row) -> str:
    product = row.get("product")
    if product and product.startswith("{"):
        product = _product_name(product)
    return product or row.get("line_item_product_code") or ""


@lru_cache(maxsize=10_000)
def _product_name(text: str) -> str | None:
    name = json.loads(text).get("product_name")
    return None if name is None else str(name)


_FOCUS = _Reader(
    columns=(
        "BillingPeriodStart",
        "BillingCurrency",
        "SubAccountId",
        "BillingAccountId",
        "ServiceName",
        "ChargeCategory",
        "BilledCost",
        "EffectiveCost",
    ),
    billing_period="BillingPeriodStart",
    currency="BillingCurrency",
    accounts=("SubAccountId", "BillingAccountId"),
    service=lambda row: row.get("ServiceName") or "",
    measures=_focus_measures,
)

_CUR_2 = _Reader(
    columns=(
        "bill_billing_period_start_date",
        "line_item_currency_code",
        "line_item_usage_account_id",
        "bill_payer_account_id",
        "product",
        "line_item_product_code",
        "line_item_line_item_type",
        "line_item_line_item_description",
        "savings_plan_savings_plan_a_r_n",
        "reservation_reservation_a_r_n",
        "line_item_unblended_cost",
        "line_item_net_unblended_cost",
        "savings_plan_savings_plan_effective_cost",
        "savings_plan_net_savings_plan_effective_cost",
        "savings_plan_total_commitment_to_date",
        "savings_plan_used_commitment",
        "reservation_effective_cost",
        "reservation_net_effective_cost",
        "reservation_unused_amortized_upfront_fee_for_billing_period",
        "reservation_net_unused_amortized_upfront_fee_for_billing_period",
        "reservation_unused_recurring_fee",
        "reservation_net_unused_recurring_fee",
    ),
    billing_period="bill_billing_period_start_date",
    currency="line_item_currency_code",
    accounts=("line_item_usage_account_id", "bill_payer_account_id"),
    service=_cur_service,
    measures=_cur_measures,
)

"""Control totals taken straight from the raw files, in Python's Decimal, not by the mapping's SQL.

They are the bill's side of every proof, so nothing here is shared with the normalisation but the
list of files: amounts are summed as written (a double by its shortest decimal) and, beside, with
every line rounded once to 1e-10, half-up (away from zero).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Final, Self

from services.ingestion.engine.layouts import Kind
from services.ingestion.engine.raw_measures import (
    CUR,
    FOCUS,
    Amounts,
    Purchase,
    RawReader,
    Row,
    restated,
)
from services.ingestion.engine.raw_rows import csv_rows, parquet_rows, plain_sums
from shared.columnar import Session, memory_limit_reached
from shared.contracts.raw_totals import RawTotal
from shared.exact import EXACT, HALF_UP, exact_sum
from shared.money import QUANTUM
from shared.periods import Month
from shared.tabular import SourceFile
from shared.times import parse_time

# A time or a number that is none, or JSON that nests without end.
_NO_VALUE: Final = (ArithmeticError, ValueError, RecursionError)


# No time, number or currency is longer; what is kept of one is.
_TEXT_CHARACTERS: Final = 100
# One more than one is refused, and named.
_CURRENCIES_SHOWN: Final = 10


@dataclass(slots=True)
class _Sums:
    billed: Decimal = Decimal(0)
    effective: Decimal = Decimal(0)
    billed_exact: Decimal = Decimal(0)
    effective_exact: Decimal = Decimal(0)

    def add(self, billed: Decimal, effective: Decimal | None, count: int) -> None:
        """Rounding to 1e-10 is half-up, away from zero. An unknown amount is left out."""
        times = Decimal(count)
        self.billed = EXACT.fma(billed.quantize(QUANTUM, context=HALF_UP), times, self.billed)
        self.billed_exact = EXACT.fma(billed, times, self.billed_exact)
        if effective is not None:
            self.effective = EXACT.fma(
                effective.quantize(QUANTUM, context=HALF_UP), times, self.effective
            )
            self.effective_exact = EXACT.fma(effective, times, self.effective_exact)

    def add_sums(
        self, billed: Decimal, billed_rest: Decimal, effective: Decimal, effective_rest: Decimal
    ) -> None:
        """Sums of rounded lines, and of what rounding took off them."""
        self.billed = EXACT.add(self.billed, billed)
        self.effective = EXACT.add(self.effective, effective)
        self.billed_exact = exact_sum((self.billed_exact, billed, billed_rest))
        self.effective_exact = exact_sum((self.effective_exact, effective, effective_rest))

    def merge(self, other: Self) -> None:
        self.billed = EXACT.add(self.billed, other.billed)
        self.effective = EXACT.add(self.effective, other.effective)
        self.billed_exact = EXACT.add(self.billed_exact, other.billed_exact)
        self.effective_exact = EXACT.add(self.effective_exact, other.effective_exact)


@dataclass
class RawTally:
    """Adds up file after file; `other_months` counts rows of other billing periods."""

    kind: Kind
    period: Month
    source: str
    groups_max: int
    """Of account, service and charge category: each is kept until the last file is read."""
    row_count: int = 0
    unreadable_count: int = 0
    """Rows with a value that is no number or no time; the staging names them."""
    unknown_count: int = 0
    """Lines whose effective amount can't be read."""
    restated: Decimal = Decimal(0)
    """What split cost rows were billed of their own."""
    currencies: set[str] = field(default_factory=set)
    other_months: dict[str, int] = field(default_factory=dict)
    sums: dict[tuple[str, str, str], _Sums] = field(default_factory=dict)
    purchases: set[Purchase] = field(default_factory=set)
    undecided: dict[tuple[str, str, str, Purchase | None], tuple[_Sums, _Sums]] = field(
        default_factory=dict
    )
    """By account, service and category, sums of discounts and of refunds, and the other ones."""

    def add_file(self, session: Session, file: SourceFile) -> int:
        """Rows of the file, those of other months too."""
        reader = FOCUS if self.kind.is_focus else CUR
        is_csv = file.format == "csv"
        rows = csv_rows(file, reader) if is_csv else parquet_rows(session, file, reader)
        count_of_file = 0 if is_csv else self._add_plain(session, file, reader)
        for row, count in rows:
            count_of_file += count
            try:
                self._add(reader, row, count)
            except _NO_VALUE:
                self.unreadable_count += count
        return count_of_file

    def _add_plain(self, session: Session, file: SourceFile, reader: RawReader) -> int:
        count_of_file = 0
        for row, count, amounts in plain_sums(session, file, reader):
            count_of_file += count
            try:
                group = self._group(reader, row, count)
            except _NO_VALUE:
                self.unreadable_count += count
                continue
            if group is not None:
                category = next(iter(reader.measures(row))).category
                self._sums(group, category).add_sums(*amounts)
        return count_of_file

    def _add(self, reader: RawReader, row: Row, count: int) -> None:
        group = self._group(reader, row, count)
        if group is not None:
            self.restated = EXACT.fma(restated(row), Decimal(count), self.restated)
            purchase = reader.purchase(row)
            if purchase is not None:
                self.purchases.add(purchase)
            for amounts in reader.measures(row):
                self._add_amounts(group, amounts, count)

    def _add_amounts(self, group: tuple[str, str], amounts: Amounts, count: int) -> None:
        sums = self._sums(group, amounts.category)
        if amounts.other is None:
            sums.add(amounts.billed, amounts.effective, count)
            self.unknown_count += count if amounts.effective is None else 0
            return
        key = (*group, amounts.category, amounts.returns)
        decided, other = self.undecided.setdefault(key, (_Sums(), _Sums()))
        decided.add(amounts.billed, amounts.effective, count)
        other.add(*amounts.other, count)

    def settle(self, *, is_net: bool, moved: Iterable[tuple[str, str, Decimal]]) -> None:
        """Counts what the whole delivery decides; to be called once, after its last file.

        `moved` is what leaving out negations moves between names of services; it sums to 0.
        """
        for (account, service, category, returns), (sums, other) in self.undecided.items():
            is_other = not is_net if returns is None else returns in self.purchases
            self._sums((account, service), category).merge(other if is_other else sums)
        self.undecided.clear()
        for account, service, amount in moved:
            self._sums((account, service), "Usage").add(amount, Decimal(0), 1)

    def _group(self, reader: RawReader, row: Row, count: int) -> tuple[str, str] | None:
        """Account and service of a line of the period; other lines are counted by their month."""
        month = _month_of(row.get(reader.billing_period) or "", self.period)
        if month != self.period:
            self.other_months[str(month)] = self.other_months.get(str(month), 0) + count
            return None
        self.row_count += count
        if len(self.currencies) <= _CURRENCIES_SHOWN:
            self.currencies.add(
                (row.get(reader.currency) or "")[:_TEXT_CHARACTERS].strip(" ").upper()
            )
        account = next((text for name in reader.accounts if (text := row.get(name))), "")
        is_of_aws = reader.is_of_aws(row)
        return account_number(account, is_of_aws=is_of_aws), reader.service(row)

    def _sums(self, group: tuple[str, str], category: str) -> _Sums:
        """Raises MemoryLimitReached where there are more than memory is for."""
        sums = self.sums.get((*group, category))
        if sums is None:
            if len(self.sums) >= self.groups_max:
                raise memory_limit_reached(
                    f"the bill has more than {self.groups_max:,} accounts times services times"
                    " charge categories"
                )
            sums = self.sums[*group, category] = _Sums()
        return sums

    def totals(self) -> tuple[RawTotal, ...]:
        """Exact sums without trailing zeros, so that they do not tell how amounts were written."""
        return tuple(
            RawTotal(
                self.source,
                *key,
                billed=sums.billed,
                effective=sums.effective,
                billed_exact=sums.billed_exact.normalize(EXACT),
                effective_exact=sums.effective_exact.normalize(EXACT),
            )
            for key, sums in sorted(self.sums.items())
        )


@lru_cache(maxsize=10_000)
def account_number(text: str, *, is_of_aws: bool) -> str:
    """AWS's twelve digits of what tools made of them, as `account_id.sql` restores them."""
    if is_of_aws and (whole := re.fullmatch("([0-9]{1,12})([.]0*)?", text)):
        return whole[1].zfill(12)
    if whole := re.fullmatch("([0-9]+)[.]0+", text):
        return whole[1]
    for form in (
        r"([1-9])[.]([0-9]{11})[eE][+]?11",
        r"([0-9]{4})-([0-9]{4})-([0-9]{4})",
        r"'([0-9]{12})",
        r'="([0-9]{12})"',
    ):
        match = re.fullmatch(form, text)
        if match:
            return "".join(match.groups())
    return text


def _month_of(text: str, period: Month) -> Month:
    if len(text) > _TEXT_CHARACTERS:
        raise ValueError("no time is that long")
    return _month_of_time(text, period)


@lru_cache(maxsize=1000)
def _month_of_time(text: str, period: Month) -> Month:
    """Of a date that is one of two, the one that is of the period; staging judges if it may be."""
    moments = [parse_time(text), parse_time(text, "month-first"), parse_time(text, "day-first")]
    months = [Month.of(moment) for moment in moments if moment is not None]
    if not months:
        raise ValueError("no time")
    return period if period in months else months[0]

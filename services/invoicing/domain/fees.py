"""A fee a month, or a year in advance: by the day where the contract covers part of it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.invoicing.domain.contract_terms import Component, ContractTerms
from shared.contracts.bases import FeeDays
from shared.periods import Month


@dataclass(frozen=True)
class Fee:
    """`exact` of the whole fee for the `days` that are covered, `start <= day < end`."""

    exact: Decimal
    days: FeeDays
    start: date
    end: date


def fee_of(component: Component, terms: ContractTerms, month: Month) -> Fee | None:
    """Of a month that has a day under contract; None of a year that begins in another month."""
    if component.get("every") == "year":
        return _of_year(component, terms, month)
    return _fee(component, (month.start.date(), month.end.date()), terms.days_within(month))


def _of_year(component: Component, terms: ContractTerms, month: Month) -> Fee | None:
    """Of the year that begins in this month, if one does.

    The 29th of February is the 28th in other years.
    """
    begins, ends = (_anniversary(terms.starts_on, month.year + years) for years in (0, 1))
    within, until = terms.days_within(month)
    if within <= begins < until:
        return _fee(component, (begins, ends), (begins, min(terms.ends_on or ends, ends)))
    return None


def _anniversary(day: date, year: int) -> date:
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)


def _fee(component: Component, whole: tuple[date, date], covered: tuple[date, date]) -> Fee:
    days, days_in_all = ((end - start).days for start, end in (covered, whole))
    exact = Decimal(str(component["amount"])) * days / days_in_all
    return Fee(exact, FeeDays(component.get("every") or "month", days, days_in_all), *covered)

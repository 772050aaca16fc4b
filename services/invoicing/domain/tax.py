"""Tax by the contract's table: once per document and group, and of credit notes what remains.

docs/reference/true-up.md, "Tax". A group is the lines of a document with one category, rate and
place. Amounts are in minor units and multiples of Stripe's step for the currency.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from services.invoicing.domain.price_steps import in_steps
from shared.money import currency_exponent, smallest_charge_step, split_by_largest_remainder
from shared.vocabulary.true_up import TaxCategory

# Stripe's word for why a line is taxed so.
TAXABILITY: Final = {
    TaxCategory.STANDARD: "standard_rated",
    TaxCategory.ZERO: "zero_rated",
    TaxCategory.EXEMPT: "product_exempt",
    TaxCategory.REVERSE_CHARGE: "reverse_charge",
    TaxCategory.INTRA_COMMUNITY: "customer_exempt",
    TaxCategory.EXPORT: "zero_rated",
    TaxCategory.OUTSIDE_SCOPE: "not_subject_to_tax",
}


@dataclass(frozen=True, order=True)
class TaxTerms:
    """`place` is the country of supply, or a part of it: DE, US-WA."""

    category: TaxCategory
    percent: Decimal
    place: str


@dataclass(frozen=True)
class TaxedLine:
    """`name` is the line's own in its document; without `terms` it has no tax of ours."""

    name: int
    net_minor: int
    terms: TaxTerms | None


@dataclass(frozen=True)
class Given:
    """What all notes on an invoice have of a group so far."""

    net_minor: int = 0
    tax_minor: int = 0


def tax_terms(written: Mapping[str, Any]) -> TaxTerms | None:
    """As a contract has them; None where it says nothing of tax."""
    if not written:
        return None
    percent = Decimal(str(written.get("percent", 0)))
    return TaxTerms(TaxCategory(written["category"]), percent, written["place"])


def tax_of(net_minor: int, terms: TaxTerms, currency: str) -> int:
    """Half up, to Stripe's step."""
    units: int = 10 ** currency_exponent(currency)
    exact = Fraction(net_minor, units) * Fraction(terms.percent) / 100
    return in_steps(exact, currency) * smallest_charge_step(currency)


def invoice_taxes(lines: Sequence[TaxedLine], currency: str) -> dict[int, int]:
    """By line: each group's is rounded once, and spread over its lines by largest remainder."""
    taxes: dict[int, int] = {}
    for terms, of_group in _groups(lines).items():
        whole = tax_of(sum(line.net_minor for line in of_group), terms, currency)
        taxes |= _spread(whole, of_group, currency)
    return taxes


def note_taxes(
    lines: Sequence[TaxedLine],
    invoice: Sequence[TaxedLine],
    charged: Mapping[int, int],
    given: Mapping[TaxTerms, Given],
    currency: str,
) -> dict[int, int]:
    """By line of a note: what is documented of its group's tax, less that of what remains.

    `charged` is the tax of the invoice's lines. An invoice credited in whole leaves no tax.
    """
    whole = _groups(invoice)
    taxes: dict[int, int] = {}
    for terms, of_group in _groups(lines).items():
        before = given.get(terms, Given())
        documented = sum(charged[line.name] for line in whole[terms]) - before.tax_minor
        net = sum(line.net_minor for line in of_group)
        rest = sum(line.net_minor for line in whole[terms]) - before.net_minor - net
        tax = max(documented - tax_of(rest, terms, currency), 0)
        taxes |= _spread(tax, of_group, currency)
    return taxes


def net_within(gross_minor: int, room_minor: int, step: int, gross_of: Callable[[int], int]) -> int:
    """The most that can be given so that with its tax it is no more than `gross_minor`."""
    low, high = 0, room_minor // step
    while low < high:
        middle = (low + high + 1) // 2
        if gross_of(middle * step) <= gross_minor:
            low = middle
        else:
            high = middle - 1
    return low * step


def _groups(lines: Sequence[TaxedLine]) -> dict[TaxTerms, list[TaxedLine]]:
    groups: dict[TaxTerms, list[TaxedLine]] = {}
    for line in lines:
        if line.terms is not None:
            groups.setdefault(line.terms, []).append(line)
    return groups


def _spread(whole: int, lines: Sequence[TaxedLine], currency: str) -> dict[int, int]:
    """Weights are the lines' net: within a group the rate is one."""
    step = smallest_charge_step(currency)
    width = len(str(max(line.name for line in lines)))
    weights = Counter({f"{line.name:0{width}}": line.net_minor for line in lines})
    if not whole:
        return {line.name: 0 for line in lines}
    parts = split_by_largest_remainder(whole // step, weights)
    return {line.name: parts[f"{line.name:0{width}}"] * step for line in lines}

"""What documents say of tax: its rate, or why there is none."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from shared.contracts.invoice_corrections import TaxGroup
from shared.vocabulary.true_up import TaxCategory

_WHY_NONE: Final = {
    TaxCategory.ZERO: "Taxed at 0 %.",
    TaxCategory.EXEMPT: "Exempt from tax.",
    TaxCategory.REVERSE_CHARGE: "Reverse charge: the recipient of the service owes the tax.",
    TaxCategory.INTRA_COMMUNITY: "Exempt from tax: intra-community supply.",
    TaxCategory.EXPORT: "Exempt from tax: export.",
    TaxCategory.OUTSIDE_SCOPE: "Outside the scope of tax.",
}


def tax_sums(taxes: Sequence[TaxGroup], tax: Decimal | None) -> list[tuple[str, Decimal]]:
    """Each rate with what it is of; what Stripe has computed is one amount."""
    if taxes:
        return [(f"Tax {_plain(one.percent)} % ({one.place})", one.tax) for one in taxes]
    return [] if tax is None else [("Tax", tax)]


def tax_sentence(taxes: Sequence[TaxGroup]) -> str:
    categories = dict.fromkeys(TaxCategory(one.category) for one in taxes)
    return " ".join(_WHY_NONE[one] for one in categories if one in _WHY_NONE)


def _plain(percent: Decimal) -> str:
    text = f"{percent:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text

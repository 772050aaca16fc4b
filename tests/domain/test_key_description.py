"""What a line is called by its key, on a debit and in the annex of a credit note."""

from datetime import date

import pytest

from services.invoicing.domain.cost_lines import key_description
from services.invoicing.domain.price_steps import LineKey
from services.invoicing.domain.pricing import ContractTerms


@pytest.mark.parametrize(
    ("charge_group", "tenants", "said"),
    [
        ("Compute", ["acme"], "Cloud usage: Compute"),
        ("Compute", ["acme", "labs"], "Cloud usage: Compute (acme)"),
        ("", ["acme"], "Cloud usage"),
    ],
)
def test_names_its_group_and_of_several_tenants_whose_it_is(charge_group, tenants, said):
    terms = ContractTerms(tenants, date(2026, 1, 1), None, "USD", [])
    key = LineKey("Cloud usage", "acme", charge_group, date(2026, 10, 1), date(2026, 11, 1))
    assert key_description(key, terms) == said

"""Costs as another service wrote them: every name is what it was before it was written."""

import io
from decimal import Decimal
from types import SimpleNamespace

import pytest

from services.invoicing.queries.statement_costs import statement_costs
from shared.csv_files import write_rows
from shared.faults import BadInput

HEADER = ("tenant", "charge_group", "method", "cost_measure", "amount", "currency")


def lake_of(*rows):
    file = io.StringIO(newline="")
    cells = ((tenant, group, "label", "BilledCost", *rest) for tenant, group, *rest in rows)
    write_rows(file, HEADER, cells)
    return SimpleNamespace(storage=SimpleNamespace(read=lambda _uri: file.getvalue().encode()))


def test_groups_that_are_formulas_keep_their_names():
    groups = ("=Compute", "'=Compute", "row\r=1+1", "Compute")
    lake = lake_of(*(("acme", group, Decimal("-1.5"), "USD") for group in groups))
    assert statement_costs(lake, "s3://lake/statements.csv", currency="USD") == {
        "acme": dict.fromkeys(groups, Decimal("-1.5"))
    }


def test_rows_of_another_currency_are_not_summed():
    lake = lake_of(("acme", "Compute", Decimal(1), "USD"), ("acme", "Compute", Decimal(1), "EUR"))
    with pytest.raises(BadInput, match="is in EUR") as fault:
        statement_costs(lake, "s3://lake/statements.csv", currency="USD")
    assert fault.value.row == 2

"""What a month draws of grants, and what of it comes back.

docs/reference/true-up.md, "Grants".
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from django.db.models import Sum

from services.invoicing.domain.grants import extended_to
from services.invoicing.models import Contract, Grant, GrantDraw, Invoice, TrueUpAccount
from services.invoicing.queries.grants import expiries
from shared.identifiers import new_id
from shared.money import Money
from shared.vocabulary.invoice_kinds import InvoiceKind

# Rows of one statement.
_BATCH: Final = 1_000


def put_grants(contracts: Iterable[Contract]) -> None:
    """As the contracts have them. One that is lowered keeps at least what was drawn of it."""
    known = {(row.customer_id, row.key, row.currency): row for row in Grant.objects.all()}
    sums = GrantDraw.objects.values_list("grant").annotate(sum=Sum("amount_minor"))
    drawn = Counter(dict(sums))
    named: dict[tuple[str, str, str], Grant] = {}
    for contract in contracts:
        for given in contract.grants:
            name = (contract.customer_id, given["key"], contract.currency)
            row = (
                known.get(name)
                or named.get(name)
                or Grant(
                    grant_id=new_id("grant"), customer_id=name[0], key=name[1], currency=name[2]
                )
            )
            amount = Money(Decimal(str(given["amount"])), contract.currency).to_minor()
            row.amount_minor = max(amount, drawn[row.grant_id])
            row.expires_on = date.fromisoformat(given["expires"]) if given.get("expires") else None
            row.kind = given["kind"]
            named[name] = row
    Grant.objects.bulk_create(
        (row for name, row in named.items() if name not in known), batch_size=_BATCH
    )
    fields = ["amount_minor", "expires_on", "kind"]
    Grant.objects.bulk_update(
        (row for name, row in named.items() if name in known), fields, batch_size=_BATCH
    )


def lock_grants(grant_ids: Sequence[str]) -> None:
    """Until the transaction ends nobody else draws of them."""
    if grant_ids:
        rows = Grant.objects.select_for_update().filter(pk__in=grant_ids)
        list(rows.order_by("grant_id").values_list("grant_id"))


def draw_grants(
    contract: Contract,
    period: str,
    drawn: Mapping[str, int],
    *,
    of: Sequence[str],
    day: date,
) -> None:
    """What the month draws of each grant in all, 0 of those not named; under their locks.

    What comes back on `day` to one that has expired can be drawn until the end of the next month.
    """
    draws = GrantDraw.objects.filter(contract=contract, period=period, grant__in=of)
    known = {draw.grant_id: draw for draw in draws.select_related("grant")}
    for grant_id in of:
        amount, draw = drawn.get(grant_id, 0), known.get(grant_id)
        if draw is not None:
            _redraw(draw, amount, day)
        elif amount:
            GrantDraw.objects.create(
                customer_id=contract.customer_id,
                grant_id=grant_id,
                contract=contract,
                period=period,
                amount_minor=amount,
            )


def give_back(discarded: Invoice, day: date) -> None:
    """What a draft has drawn; what the account of a month has drawn stays with it."""
    if discarded.kind != InvoiceKind.STANDARD or discarded.reissues_id:
        return
    of_month = {"contract": discarded.contract_id, "period": discarded.period}
    draws = list(GrantDraw.objects.select_related("grant").filter(**of_month, amount_minor__gt=0))
    if draws and not TrueUpAccount.objects.filter(**of_month).exists():
        for draw in draws:
            _redraw(draw, 0, day)


def _redraw(draw: GrantDraw, amount: int, day: date) -> None:
    if amount == draw.amount_minor:
        return
    if amount < draw.amount_minor:
        expiry = expiries([draw.grant])[draw.grant_id]
        draw.extends_to = extended_to(expiry, day) or draw.extends_to
    draw.amount_minor = amount
    draw.save(update_fields=["amount_minor", "extends_to"])

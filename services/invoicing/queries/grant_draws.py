"""What the accounts of a month have drawn of grants, as the API shows it."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from services.invoicing.models import Grant, GrantDraw, TrueUpAccount
from services.invoicing.queries.account_terms import read_terms
from services.invoicing.queries.grants import expiries
from shared.money import Money


def read_draws(accounts: Sequence[TrueUpAccount]) -> dict[str, list[dict[str, Any]]]:
    """By account, of each grant that it may draw of, in two statements for a whole month."""
    named = {account.pk: read_terms(account.terms).grants for account in accounts}
    grants = Grant.objects.in_bulk({one for ids in named.values() for one in ids})
    ends = expiries(grants.values())
    drawn: dict[tuple[str, str, str], int] = defaultdict(int)
    in_all: dict[str, int] = defaultdict(int)
    for draw in GrantDraw.objects.filter(grant__in=[*grants]):
        drawn[draw.grant_id, draw.contract_id, draw.period] = draw.amount_minor
        in_all[draw.grant_id] += draw.amount_minor
    return {
        account.pk: [
            {
                "grant": one,
                "key": grants[one].key,
                "kind": grants[one].kind,
                "drawn": _text(drawn[one, account.contract_id, account.period], grants[one]),
                "left": _text(grants[one].amount_minor - in_all[one], grants[one]),
                "expires": ends[one],
            }
            for one in named[account.pk]
        ]
        for account in accounts
    }


def _text(minor: int, grant: Grant) -> str:
    return str(Money.from_minor(minor, grant.currency).amount)

"""Asks the invoicing service what each plan would charge: pricing has one home."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx
from django.conf import settings

from shared.auth.actors import Actor
from shared.auth.tokens import sign_token
from shared.faults import Fault
from shared.money import Money

TIMEOUT_SECONDS = 5


class UnableToCheckPrices(Fault):
    """The invoicing service did not answer, or could not price the costs."""


@dataclass(frozen=True)
class PlanPrice:
    """`total` is for the whole month, before tax."""

    plan: str
    name: str
    terms: Sequence[str]
    total: Money
    is_current: bool


def check_prices(
    *, tenant: str, period: str, costs: Mapping[str, Decimal], actor: Actor, now: datetime
) -> list[PlanPrice]:
    """`costs` is charge group -> exact cost, in the currency of the bill."""
    environment = settings.ENVIRONMENT
    token = sign_token(actor, audience="invoicing", now=now, key_file=environment.signing_key_file)
    body = {
        "tenant": tenant,
        "period": period,
        "costs": {group: str(cost) for group, cost in costs.items()},
    }
    try:
        answer = httpx.post(
            f"{environment.invoicing_url}/api/v1/price-checks",
            json=body,
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT_SECONDS,
        ).raise_for_status()
    except httpx.HTTPError as error:
        raise UnableToCheckPrices(
            "The invoicing service, which knows the plans, does not answer.",
            remedy="Load the page again in a minute.",
        ) from error
    return [_read(row) for row in answer.json()["data"]]


def _read(row: Mapping[str, Any]) -> PlanPrice:
    return PlanPrice(
        plan=row["plan"],
        name=row["name"],
        terms=tuple(row["terms"]),
        total=Money(Decimal(row["total"]), row["currency"]),
        is_current=row["is_current"],
    )

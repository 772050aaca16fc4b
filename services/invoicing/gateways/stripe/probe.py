"""Stripe for a web process, which only asks whether it is there."""

from functools import cache
from typing import Final

from services.invoicing.gateways.stripe.connection import is_stripe_set, new_gateway
from services.invoicing.models import StripeOperation
from shared.health.dependencies import Dependency, Probe
from shared.vocabulary.troubles import TroubleKind

ASK_SECONDS: Final = 1.2
# It lists an invoice in a quarter of a second mostly. An invoice takes some four calls, one after
# the other: at a second for each a month of a thousand would take more than an hour.
SLOW_SECONDS: Final = 0.9


@cache
def stripe_probe() -> Probe | None:
    """None without a key: that nothing can be issued is said by each invoice that waits."""
    if not is_stripe_set():
        return None
    gateway = new_gateway(seconds=ASK_SECONDS)
    return Probe(
        Dependency(
            TroubleKind.STRIPE,
            "Stripe",
            lambda: gateway.ask,
            SLOW_SECONDS,
            _open_calls,
            ask_seconds=ASK_SECONDS,
        )
    )


def _open_calls() -> int:
    return StripeOperation.objects.filter(state=StripeOperation.State.INTENDED).count()

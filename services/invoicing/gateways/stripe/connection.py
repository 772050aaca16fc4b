from functools import lru_cache

from django.conf import settings

from services.invoicing.gateways.stripe.client import StripeGateway
from shared.faults import BadConfiguration


def is_stripe_set() -> bool:
    return settings.ENVIRONMENT.stripe_api_key is not None


@lru_cache(maxsize=1)
def stripe_gateway() -> StripeGateway:
    """One per process: its token bucket is the limit of all its calls.

    Raises BadConfiguration where there is no key.
    """
    return new_gateway()


def new_gateway(*, seconds: float | None = None) -> StripeGateway:
    """With limits of its own; `seconds` as of StripeGateway. Raises as `stripe_gateway`."""
    environment = settings.ENVIRONMENT
    key = environment.stripe_api_key
    if key is None:
        raise BadConfiguration("no Stripe key is set.", remedy="Set TRUEBACK_STRIPE_API_KEY.")
    return StripeGateway(
        api_key=key.get_secret_value(),
        api_base=environment.stripe_api_base,
        requests_per_second=environment.stripe_requests_per_second,
        seconds=seconds,
    )

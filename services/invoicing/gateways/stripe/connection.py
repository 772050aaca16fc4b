from functools import lru_cache

from django.conf import settings

from services.invoicing.gateways.stripe.client import StripeGateway


@lru_cache(maxsize=1)
def stripe_gateway() -> StripeGateway:
    """One per process: its token bucket is the limit of all its calls."""
    environment = settings.ENVIRONMENT
    return StripeGateway(
        api_key=environment.stripe_api_key.get_secret_value(),
        api_base=environment.stripe_api_base,
        requests_per_second=environment.stripe_requests_per_second,
    )

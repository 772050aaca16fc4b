"""Stripe's limits: so many requests a second for one endpoint and for the whole account."""

import time
from typing import Final

from deploy.stripe_standin.errors import StripeError

DEFAULT_PER_ENDPOINT: Final = 25
DEFAULT_IN_ALL: Final = 100


class _Bucket:
    def __init__(self, per_second: float) -> None:
        self.per_second = per_second
        self.tokens = per_second
        self.filled_at = time.monotonic()

    def take(self, now: float) -> bool:
        gained = (now - self.filled_at) * self.per_second
        self.tokens = min(self.per_second, self.tokens + gained)
        self.filled_at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class RateLimit:
    """A limit of 0 is none."""

    def __init__(self, *, per_endpoint: float, in_all: float) -> None:
        self._per_endpoint = per_endpoint
        self._all = _Bucket(in_all) if in_all else None
        self._endpoints: dict[str, _Bucket] = {}

    def check(self, endpoint: str) -> None:
        now = time.monotonic()
        if self._per_endpoint:
            bucket = self._endpoints.setdefault(endpoint, _Bucket(self._per_endpoint))
            if not bucket.take(now):
                raise too_many_requests()
        if self._all is not None and not self._all.take(now):
            raise too_many_requests()


def too_many_requests() -> StripeError:
    message = "Request rate limit exceeded. You can learn more about rate limits in Stripe's docs."
    return StripeError(429, message, code="rate_limit", saved=False)

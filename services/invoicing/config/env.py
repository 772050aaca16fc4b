from decimal import Decimal
from typing import Final

from pydantic import SecretStr, ValidationInfo, field_validator

from shared.runtime.environment import ServiceEnvironment
from shared.vocabulary.modes import Mode

_STRIPE: Final = "https://api.stripe.com"
# Stripe's secret and restricted keys of a live account; a sandbox's say `test` there.
_LIVE_KEYS: Final = ("sk_live_", "rk_live_")

# Stripe's are `whsec_` and 32 characters more.
_WEBHOOK_SECRET_MIN: Final = 20


class InvoicingEnvironment(ServiceEnvironment):
    """Without `stripe_api_key` nothing is issued; all else works.

    `stripe_webhook_secret` is a comma separated list: two during a rotation; without one no webhook
    is taken, and the sweep of Stripe's events catches up.

    Amounts of the review policy are in the invoice's own currency. `stripe_look_first` is for the
    time after a restore from a backup: customers and drafts are looked for before they are made.
    """

    stripe_api_key: SecretStr | None = None
    stripe_api_base: str = _STRIPE
    stripe_webhook_secret: SecretStr | None = None
    stripe_requests_per_second: int = 20
    stripe_look_first: bool = False
    second_person_above: Decimal = Decimal(0)
    park_above_median_times: Decimal = Decimal(3)
    park_unallocated_share: Decimal = Decimal("0.05")

    @field_validator("stripe_api_key")
    @classmethod
    def _moves_money_in_live_alone(
        cls, key: SecretStr | None, info: ValidationInfo
    ) -> SecretStr | None:
        """An empty line of a file of settings is no key."""
        text = key.get_secret_value() if key else ""
        if text.startswith(_LIVE_KEYS) and info.data.get("environment") != Mode.LIVE:
            raise ValueError("a key of a live account is for TRUEBACK_ENVIRONMENT=live")
        return key if text else None

    @field_validator("stripe_api_base")
    @classmethod
    def _is_stripe_itself_in_live(cls, address: str, info: ValidationInfo) -> str:
        """A stand-in would number and send invoices that Stripe knows nothing of."""
        if address != _STRIPE and info.data.get("environment") == Mode.LIVE:
            raise ValueError(f"in live it is {_STRIPE} and no stand-in")
        return address

    @field_validator("stripe_webhook_secret")
    @classmethod
    def _each_is_long_enough(cls, given: SecretStr | None) -> SecretStr | None:
        secrets = _parts(given)
        if secrets and min(map(len, secrets)) < _WEBHOOK_SECRET_MIN:
            raise ValueError(f"each secret of it needs at least {_WEBHOOK_SECRET_MIN} characters")
        return given if secrets else None

    def webhook_secrets(self) -> list[str]:
        """Never an empty one: anybody could sign with it."""
        return [secret for secret in _parts(self.stripe_webhook_secret) if secret]


def _parts(given: SecretStr | None) -> list[str]:
    text = given.get_secret_value().strip() if given else ""
    return [part.strip() for part in text.split(",")] if text else []

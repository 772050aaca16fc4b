from decimal import Decimal
from pathlib import Path
from typing import Final

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from shared.auth.key_files import read_keys
from shared.runtime.environment import ServiceEnvironment, checked_file, parts_of
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

    `seal_keys_file` is JSON of hex keys by their ids, the newest last, for the processes that write
    documents and for nobody else.

    Amounts of the review policy are in the invoice's own currency. Plans and contracts that touch
    more customers, or move a price by more per cent, than `second_person_above_...` say since two
    people agreed on them need a second one. `stripe_look_first` is for the
    time after a restore from a backup: customers and drafts are looked for before they are made.
    """

    stripe_api_key: SecretStr | None = None
    stripe_api_base: str = _STRIPE
    stripe_webhook_secret: SecretStr | None = None
    stripe_requests_per_second: int = 20
    stripe_look_first: bool = False
    seal_keys_file: Path | None = None
    second_person_above: Decimal = Decimal(0)
    second_person_above_customers: int = Field(default=0, ge=0)
    second_person_above_percent: Decimal = Field(default=Decimal(0), ge=0)
    park_above_median_times: Decimal = Decimal(3)
    park_unallocated_share: Decimal = Decimal("0.05")

    @field_validator("seal_keys_file")
    @classmethod
    def _holds_keys_of_seals(cls, file: Path | None, info: ValidationInfo) -> Path | None:
        if file is None:
            return None
        return checked_file(file, info, lambda: read_keys(file, field="TRUEBACK_SEAL_KEYS_FILE"))

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
    def _each_secret_is_long_enough(cls, given: SecretStr | None) -> SecretStr | None:
        secrets = parts_of(given)
        if secrets and min(map(len, secrets)) < _WEBHOOK_SECRET_MIN:
            raise ValueError(f"each secret of it needs at least {_WEBHOOK_SECRET_MIN} characters")
        return given if secrets else None

    def webhook_secrets(self) -> list[str]:
        """Never an empty one: anybody could sign with it."""
        return [secret for secret in parts_of(self.stripe_webhook_secret) if secret]

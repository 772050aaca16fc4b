from decimal import Decimal

from pydantic import SecretStr

from shared.runtime.environment import ServiceEnvironment


class InvoicingEnvironment(ServiceEnvironment):
    """`stripe_webhook_secret` is a comma separated list: two during a rotation.

    Amounts of the review policy are in the invoice's own currency. `stripe_look_first` is for the
    time after a restore from a backup: customers and drafts are looked for before they are made.
    """

    stripe_api_key: SecretStr
    stripe_api_base: str = "https://api.stripe.com"
    stripe_webhook_secret: SecretStr
    stripe_requests_per_second: int = 20
    stripe_look_first: bool = False
    second_person_above: Decimal = Decimal(0)
    park_above_median_times: Decimal = Decimal(3)
    park_unallocated_share: Decimal = Decimal("0.05")

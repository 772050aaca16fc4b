from services.invoicing.gateways.stripe.client import (
    RefusedByStripe,
    StripeGateway,
    StripeInvoice,
    StripeLine,
    UnknownOutcome,
)
from services.invoicing.gateways.stripe.records import (
    StripeBalanceMove,
    StripeCreditNote,
    StripeNoteLine,
    StripePayment,
    StripePreview,
)

__all__ = [
    "RefusedByStripe",
    "StripeBalanceMove",
    "StripeCreditNote",
    "StripeGateway",
    "StripeInvoice",
    "StripeLine",
    "StripeNoteLine",
    "StripePayment",
    "StripePreview",
    "UnknownOutcome",
]

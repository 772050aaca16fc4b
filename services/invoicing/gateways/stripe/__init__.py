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
    StripeDispute,
    StripeNoteLine,
    StripePayment,
    StripePreview,
    StripeRefund,
)

__all__ = [
    "RefusedByStripe",
    "StripeBalanceMove",
    "StripeCreditNote",
    "StripeDispute",
    "StripeGateway",
    "StripeInvoice",
    "StripeLine",
    "StripeNoteLine",
    "StripePayment",
    "StripePreview",
    "StripeRefund",
    "UnknownOutcome",
]

from services.invoicing.gateways.stripe.client import (
    RefusedByStripe,
    StripeGateway,
    StripeInvoice,
    StripeLine,
    UnknownOutcome,
)

__all__ = ["RefusedByStripe", "StripeGateway", "StripeInvoice", "StripeLine", "UnknownOutcome"]

from services.invoicing.gateways.stripe.connection import is_stripe_set
from shared.contracts.invoicing import Refusal
from shared.vocabulary.invoice_causes import RefusalCode
from shared.vocabulary.invoice_states import State


def issue_refusal() -> Refusal | None:
    """Why no invoice at all can be issued now; None where what is approved can."""
    return None if is_stripe_set() else Refusal(RefusalCode.NO_STRIPE_KEY, State.APPROVED)

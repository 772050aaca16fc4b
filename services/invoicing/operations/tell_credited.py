from django.db.models import F

from services.invoicing.models import Invoice
from services.invoicing.operations.record_revision import measure_restatement
from services.invoicing.queries.invoice_fact import invoice_fact
from shared.contracts.invoicing import INVOICE_CREDITED
from shared.messaging.producer.emit import emit


def tell_credited(invoice_id: str) -> None:
    """The invoice says of itself what was given back of it, under a new version."""
    Invoice.objects.filter(pk=invoice_id).update(version=F("version") + 1)
    credited = Invoice.objects.select_related("customer", "contract").get(pk=invoice_id)
    emit(INVOICE_CREDITED, invoice_fact(credited))
    measure_restatement(credited)

from services.invoicing.models import ClosedPeriod, Invoice
from services.invoicing.queries.account_documents import accounts_on
from shared.jobs.work import request_job


def settle_month(period: str) -> None:
    """Asks for it, once this transaction is done."""
    request_job(kind="settle_accounts", key=period, payload={"period": period})


def settle_again(invoice: Invoice) -> None:
    """The months that it has lines of, once this transaction is done: their room is another."""
    accounts = accounts_on(invoice.pk)
    months = accounts.order_by("period").values_list("period", flat=True).distinct()
    for period in ClosedPeriod.objects.filter(period__in=months).values_list("period", flat=True):
        settle_month(period)

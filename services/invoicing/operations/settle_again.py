from django.db.models import Q

from services.invoicing.models import ClosedPeriod, Invoice, TrueUpAccount
from shared.jobs.work import request_job


def settle_again(invoice: Invoice) -> None:
    """The months that it has lines of, once this transaction is done: their room is another."""
    of_lines = invoice.lines.exclude(account=None).values("account")
    accounts = TrueUpAccount.objects.filter(Q(invoice=invoice) | Q(pk__in=of_lines))
    months = accounts.order_by("period").values_list("period", flat=True).distinct()
    for period in ClosedPeriod.objects.filter(period__in=months).values_list("period", flat=True):
        request_job(kind="settle_accounts", key=period, payload={"period": period})

from services.invoicing.models import ClosedPeriod
from shared.jobs.work import request_job


def draft_again(period: str) -> None:
    """A draft was taken back: the period's drafting makes another one."""
    ClosedPeriod.objects.filter(period=period).update(is_drafted=False)
    request_job(kind="draft_invoices", key=period, payload={"period": period})

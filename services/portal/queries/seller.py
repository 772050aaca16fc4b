"""Whose name stands on the pages: the seller of the newest invoice that the reader may see.

Empty where there is none yet.
"""

from django.db.models import Model

from services.portal.models import CustomerInvoice, StaffInvoice


def seller_for_staff() -> str:
    return _newest_seller(StaffInvoice)


def seller_for_customer() -> str:
    return _newest_seller(CustomerInvoice)


def _newest_seller(model: type[Model]) -> str:
    manager = model._default_manager  # noqa: SLF001 - the public name is not on type[Model]
    name = manager.order_by("-period").values_list("document__seller__name", flat=True).first()
    return str(name or "")

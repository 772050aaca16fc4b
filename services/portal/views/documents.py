"""Invoices as files, fetched from their owner in the name of who asks."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Final, Literal

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from services.portal.gateways.invoicing import (
    InvoiceFile,
    UnableToRead,
    read_invoice_file,
    read_note_file,
)
from services.portal.models import CustomerInvoice, StaffInvoice
from services.portal.views.access import actor_of, for_roles
from services.portal.views.errors import unanswered
from shared.audit.declared import NotAudited
from shared.file_names import pdf_name
from shared.vocabulary.roles import CUSTOMERS, STAFF

_log: Final = logging.getLogger(__name__)
_OWNERS: Final = NotAudited("the document's owner writes it down, with where it was asked from")
# For a file alone: no script runs, and a browser's own viewer may style and embed what it shows.
_FILE_POLICY: Final = (
    "default-src 'self'; script-src 'none'; object-src 'self'; style-src 'unsafe-inline';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@for_roles(*STAFF, audit=_OWNERS)
@require_safe
def invoice_pdf(request: HttpRequest, id: str) -> HttpResponse:  # noqa: A002 - named in templates
    known = StaffInvoice.objects.filter(invoice_id=id).first()
    if known is None:
        raise Http404
    name = known.details["number"] or f"draft-{known.customer}-{known.period}"
    return _file(request, id, "pdf", name)


@for_roles(*STAFF, audit=_OWNERS)
@require_safe
def invoice_picture(request: HttpRequest, id: str) -> HttpResponse:  # noqa: A002
    """The first page, beside the lines; the page stands without it."""
    if not StaffInvoice.objects.filter(invoice_id=id).exists():
        raise Http404
    return _file(request, id, "picture", "")


@for_roles(*CUSTOMERS, audit=_OWNERS)
@require_safe
def customer_invoice_pdf(request: HttpRequest, id: str) -> HttpResponse:  # noqa: A002
    """Row-level security finds it here, and again at its owner."""
    known = CustomerInvoice.objects.filter(invoice_id=id).first()
    if known is None:
        raise Http404
    return _file(request, id, "pdf", known.details["number"])


@for_roles(*STAFF, audit=_OWNERS)
@require_safe
def note_pdf(request: HttpRequest, id: str) -> HttpResponse:  # noqa: A002 - named in templates
    return _note(request, id, StaffInvoice.objects.all())


@for_roles(*CUSTOMERS, audit=_OWNERS)
@require_safe
def customer_note_pdf(request: HttpRequest, id: str) -> HttpResponse:  # noqa: A002
    """Row-level security finds its invoice here, and the note at its owner."""
    return _note(request, id, CustomerInvoice.objects.all())


def _note(
    request: HttpRequest, note_id: str, invoices: QuerySet[StaffInvoice] | QuerySet[CustomerInvoice]
) -> HttpResponse:
    known = invoices.filter(fact__credits__contains=[{"note_id": note_id}]).first()
    if known is None:
        raise Http404
    credits_given = known.details["credits"]
    number = next(one["number"] for one in credits_given if one["note_id"] == note_id)
    read = partial(read_note_file, note_id=note_id)
    return file_answer(request, read, what=f"the PDF of {note_id}", name=number)


def _file(
    request: HttpRequest, invoice_id: str, kind: Literal["pdf", "picture"], name: str
) -> HttpResponse:
    read = partial(read_invoice_file, invoice_id=invoice_id, kind=kind)
    return file_answer(
        request, read, what=f"the {kind} of {invoice_id}", name=name if kind == "pdf" else ""
    )


def file_answer(
    request: HttpRequest, read: Callable[..., InvoiceFile | None], *, what: str, name: str
) -> HttpResponse:
    """Without a `name` it is no file to keep."""
    try:
        file = read(actor=actor_of(request), now=datetime.now(UTC))
    except UnableToRead as failure:
        _log.warning("%s: %s", what, failure)
        return unanswered(str(failure))
    if file is None:
        raise Http404
    response = HttpResponse(file.content, content_type=file.content_type)
    response["Content-Security-Policy"] = _FILE_POLICY
    if name:
        how = "attachment" if "download" in request.GET else "inline"
        response["Content-Disposition"] = f'{how}; filename="{pdf_name(name)}"'
    return response

"""Fix this invoice: what can be done about it and what it comes to, and doing it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from services.portal.domain.correction_actions import GIVEN_ACTIONS, IRREVERSIBLE
from services.portal.domain.fix_words import route_words
from services.portal.gateways.corrections import CorrectionChanged, act_on_note
from services.portal.gateways.fixes import read_fixes, take_fix
from services.portal.gateways.invoicing import UnableToAct, UnableToRead
from services.portal.models import StaffInvoice
from services.portal.pages.fix import FixPage
from services.portal.pages.page import CustomerName
from services.portal.queries.fix_page import fix_page, typed_amounts, without_room
from services.portal.views.access import actor_of, for_roles
from services.portal.views.asked import asked_reason, whole_number
from services.portal.views.show import see_other, show
from shared.audit.declared import READ, NotAudited
from shared.periods import Month
from shared.vocabulary.fixes import FixRoute
from shared.vocabulary.roles import BILLING

_OWNERS: Final = NotAudited("the invoice's owner writes it down, with where it was asked from")
_UNCONFIRMED: Final = "It can't be taken back. Confirm that you have looked at it."
_INCOMPLETE: Final = "The form came incomplete. Load the page again."
# What was done is said once more on the page that follows.
_CREDIT_STEPS: Final[Mapping[str, str]] = {
    "approve": "Approved. Stripe is asked to issue it; this page follows.",
    "park": "It is on hold.",
    "release": "It is in review again, for an approver.",
    "discard": "Discarded: nothing is given.",
}


@for_roles(*BILLING, audit=READ)
@require_safe
def fix_invoice(request: HttpRequest, id: str) -> HttpResponse:  # noqa: A002 - named in templates
    page = _read(request, id, request.GET)
    asked = request.GET.get("done", "")
    done = _CREDIT_STEPS.get(asked) or (
        route_words(asked).done if asked in frozenset(FixRoute) else ""
    )
    return show(request, replace(page, done=done))


@for_roles(*BILLING, audit=_OWNERS)
@require_POST
def take_route(request: HttpRequest, id: str, route: str) -> HttpResponse:  # noqa: A002
    """With the version, and the amounts, that the person has seen the effect of."""
    record, version = _record(id), whole_number(request.POST.get("version", ""))
    reason = asked_reason(request)
    if route not in frozenset(FixRoute):
        raise Http404
    if version is None:
        return _refused(request, id, _INCOMPLETE)
    if request.POST.get("confirmed") != "yes":
        return _refused(request, id, _UNCONFIRMED)
    if not reason:
        return _refused(request, id, "It needs a reason.")
    typed = typed_amounts(request.POST.dict(), record.currency)
    if typed.bad:
        return _refused(request, id, "An amount can't be given; it is marked below.")
    try:
        take_fix(
            invoice_id=id,
            route=route,
            version=version,
            amounts=typed.good,
            reason=reason,
            actor=actor_of(request),
            now=datetime.now(UTC),
        )
    except UnableToAct as refused:
        return _refused(request, id, str(refused))
    return see_other(f"{_address(id)}?{urlencode({'done': route})}")


@for_roles(*BILLING, audit=_OWNERS)
@require_POST
def credit_action(request: HttpRequest, id: str, note: str, action: str) -> HttpResponse:  # noqa: A002
    """On a credit note that a person has given on this invoice."""
    if action not in GIVEN_ACTIONS:
        raise Http404
    _record(id)
    version = whole_number(request.POST.get("version", ""))
    if version is None:
        return _refused(request, id, _INCOMPLETE)
    if action in IRREVERSIBLE and request.POST.get("confirmed") != "yes":
        return _refused(request, id, _UNCONFIRMED)
    try:
        act_on_note(
            note_id=note,
            action=action,
            version=version,
            reason=asked_reason(request),
            actor=actor_of(request),
            now=datetime.now(UTC),
        )
    except CorrectionChanged:
        return _refused(request, id, "The credit note has changed since you looked. Look again.")
    except UnableToAct as refused:
        return _refused(request, id, str(refused))
    return see_other(f"{_address(id)}?{urlencode({'done': action})}")


def _read(request: HttpRequest, invoice_id: str, asked: Mapping[str, Any]) -> FixPage:
    record, actor, now = _record(invoice_id), actor_of(request), datetime.now(UTC)
    typed = typed_amounts({name: str(asked[name]) for name in asked}, record.currency)
    try:
        given = read_fixes(
            invoice_id=invoice_id,
            amounts=typed.good if typed.is_given else {},
            actor=actor,
            now=now,
        )
    except UnableToRead as fault:
        return FixPage(id=invoice_id, silent=str(fault))
    if given is None:
        raise Http404
    route = str(asked.get("route", ""))
    typed = without_room(typed, given)
    return fix_page(
        given,
        actor,
        customer=CustomerName(record.customer_name),
        period=Month.parse(record.period),
        route=route,
        typed=typed,
    )


def _refused(request: HttpRequest, invoice_id: str, problem: str) -> HttpResponse:
    page = replace(_read(request, invoice_id, request.POST), problem=problem)
    return show(request, page, status=HTTPStatus.CONFLICT)


def _record(invoice_id: str) -> StaffInvoice:
    record = StaffInvoice.objects.filter(invoice_id=invoice_id).first()
    if record is None:
        raise Http404
    return record


def _address(invoice_id: str) -> str:
    return reverse("portal:fix_invoice", args=[invoice_id])

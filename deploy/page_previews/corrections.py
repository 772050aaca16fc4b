"""The corrections of a month, in their states."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from deploy.page_previews.numbers import PERIOD
from deploy.sample_company.customers import CUSTOMERS
from services.portal.gateways.corrections import MonthsCorrections
from services.portal.pages.corrections import CorrectionsPage
from services.portal.queries.corrections_page import Asked, corrections_page
from shared.auth.actors import Actor
from shared.vocabulary.period_states import PeriodState
from shared.vocabulary.roles import Role

_APPROVER: Final = Actor("bruno", Role.BILLING_APPROVER)
_CLERK: Final = Actor("clara", Role.BILLING_CLERK)
_ADDRESS: Final = "corrections-2026-10.html"
_NONE: Final = {"remaining": "0.00", "balance": "0.00", "refund": "0.00", "out_of_band": "0.00"}
# Net of the credit note, or of the debit; its state; why it is held; where its money goes.
_STORY: Final = (
    ("-612.40", "parked", "large_correction", "balance"),
    ("-60.30", "in_review", "", "remaining"),
    ("-412.08", "in_review", "", "balance"),
    ("218.55", "in_review", "", ""),
    ("-31.20", "issuing", "", "remaining"),
    ("-18.04", "issued", "", "refund"),
    ("72.30", "waiting", "", ""),
    ("-0.45", "carried", "", ""),
    ("0.85", "carried", "", ""),
    ("148.77", "waived", "", ""),
    ("-60.30", "stopped", "", ""),
)


def page(
    asked: Asked | None = None, *, actor: Actor = _APPROVER, times: int = 1
) -> CorrectionsPage:
    accounts = [
        _account(number, *_STORY[number % len(_STORY)]) for number in range(len(_STORY) * times)
    ]
    given = MonthsCorrections(_close(), [*accounts, _account(999, "0.00", "", "", "")])
    asked = replace(asked or Asked(), address=_ADDRESS)
    return corrections_page(PERIOD, PeriodState.CLOSED, given, actor, asked)


def opened() -> CorrectionsPage:
    return page(Asked(opened="acc1"))


def for_clerks() -> CorrectionsPage:
    return page(Asked(opened="acc1"), actor=_CLERK)


def braked() -> CorrectionsPage:
    accounts = [_account(number, "-640.10", "parked", "brake", "balance") for number in range(9)]
    close = {**_close(), "bill": "12345.1000000000"}
    given = MonthsCorrections(close, accounts)
    return corrections_page(PERIOD, PeriodState.CLOSED, given, _APPROVER, Asked(address=_ADDRESS))


def approved() -> CorrectionsPage:
    given = MonthsCorrections(
        _close(), [_account(number, "-60.30", "issuing", "", "remaining") for number in range(50)]
    )
    shown = corrections_page(PERIOD, PeriodState.CLOSED, given, _APPROVER, Asked(address=_ADDRESS))
    return replace(shown, approved=50)


def settling() -> CorrectionsPage:
    given = MonthsCorrections(
        {**_close(), "unsettled": 37},
        [_account(number, "-60.30", "draft", "", "remaining") for number in range(3)],
    )
    return corrections_page(PERIOD, PeriodState.REOPENED, given, _CLERK, Asked(address=_ADDRESS))


def nothing() -> CorrectionsPage:
    given = MonthsCorrections({**_close(), "bill_before": None}, [_account(1, "0.00", "", "", "")])
    return corrections_page(PERIOD, PeriodState.CLOSED, given, _CLERK, Asked(address=_ADDRESS))


def never_closed() -> CorrectionsPage:
    return corrections_page(
        PERIOD, PeriodState.SETTLING, MonthsCorrections(None, []), _CLERK, Asked(address=_ADDRESS)
    )


def silent() -> CorrectionsPage:
    return CorrectionsPage(
        period=PERIOD,
        period_state=PeriodState.CLOSED,
        close=None,
        address=_ADDRESS,
        silent="The invoicing service, which has the corrections, does not answer.",
    )


def conflicting() -> CorrectionsPage:
    problem = (
        "October was closed again since you looked, by close 3 (bill). Close 2 had 7 credits and 2"
        " debits; now there are 5 credits and 2 debits, below."
    )
    return replace(page(), problem=problem)


def _close() -> dict[str, Any]:
    return {
        "number": 2,
        "causes": ["bill"],
        "closed_by": "trueback",
        "closed_at": "2026-11-12T06:00:00+00:00",
        "currency": "USD",
        "bill": "61234.5600000000",
        "bill_before": "61465.3300000000",
        "unsettled": 0,
    }


def _account(number: int, net: str, state: str, cause: str, place: str) -> dict[str, Any]:
    customer = CUSTOMERS[number % len(CUSTOMERS)]
    moved, base = Decimal(net), Decimal("1812.69")
    is_document = state not in {"", "carried", "waived", "stopped"}
    is_billed = state in {"issuing", "issued"}
    return {
        "account": f"acc{number}",
        "customer": customer["key"],
        "customer_name": customer["name"],
        "contract": "c1",
        "invoice": f"LF-2026-{100 + number:04}",
        "invoice_id": f"inv-{customer['key']}",
        "currency": "USD",
        "base": str(base),
        "target": str(base + moved),
        "billed": str(base + (moved if is_billed else 0)),
        "carried": "0.00" if is_billed or state == "waived" else str(moved),
        "waived": str(moved) if state == "waived" else "0.00",
        "threshold": "1.00",
        "waived_why": "charge_max_percent" if state == "waived" else "",
        "cause": "bill",
        "close": 2,
        "state": "stopped" if state == "stopped" else "open",
        "stopped_for": _cause("voided_by_hand") if state == "stopped" else None,
        "documents": [_document(number, moved, state, cause, place)] if is_document else [],
    }


def _document(number: int, moved: Decimal, state: str, cause: str, place: str) -> dict[str, Any]:
    is_note, net = moved < 0, str(abs(moved))
    is_issued, is_waiting = state == "issued", state == "waiting"
    where = {**_NONE, place: net} if place else _NONE
    storage = Decimal("35.91")
    return {
        "kind": "credit_note" if is_note else "debit",
        "document": f"cn{number}",
        "version": 2,
        "close": 2,
        "causes": ["bill"],
        "number": f"LF-CN-{number:04}" if is_issued else "",
        "corrects": f"LF-2026-{100 + number:04}",
        "corrects_id": "inv-acme",
        "on_period": "" if is_note or is_waiting else "2026-10",
        "on_kind": "" if is_note or is_waiting else "supplementary",
        "net": net,
        "tax": "0.00",
        "state": state,
        "parked_for": [_cause(cause)] if cause else [],
        "lines": [{"description": "Cloud usage: Compute (acme)", "amount": net}],
        "detail": [
            _line("Compute", Decimal("1440.60"), moved - storage),
            _line("Storage", Decimal("372.09"), storage),
        ],
        **(where if is_issued else _NONE),
        "refund_failed": "0.00",
        "expected": where if is_note and not is_issued else None,
    }


def _line(group: str, charged: Decimal, by: Decimal) -> dict[str, str]:
    return {
        "component": "Cloud usage",
        "tenant": "acme",
        "charge_group": group,
        "start": "2026-10-01",
        "end": "2026-11-01",
        "charged": str(charged),
        "corrected": str(charged + by),
    }


def _cause(code: str) -> dict[str, Any]:
    figures = {"percent": "33.8", "number": "2", "causes": ""}
    return {"code": code, "figures": figures, "differences": [], "text": ""}


PAGES: Final[dict[str, Callable[[], CorrectionsPage]]] = {
    "corrections-2026-10.html": page,
    "corrections-opened.html": opened,
    "corrections-clerk.html": for_clerks,
    "corrections-many.html": lambda: page(times=73),
    "corrections-braked.html": braked,
    "corrections-approved.html": approved,
    "corrections-changed.html": conflicting,
    "corrections-settling.html": settling,
    "corrections-nothing.html": nothing,
    "corrections-open.html": never_closed,
    "corrections-silent.html": silent,
    "corrections-filtered-out.html": lambda: page(Asked(q="zzz")),
}

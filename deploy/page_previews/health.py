"""What is stuck, at every service."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from services.portal.domain.trouble_words import trouble_words
from services.portal.pages.health import HealthPage, ServiceTroubles, TroubleRow
from shared.vocabulary.troubles import TroubleCode, TroubleKind

_NOW: Final = datetime(2026, 11, 5, 8, 20, tzinfo=UTC)
_LETTER: Final = "0192f0c3-7a1e-7cc0-9d52-3f1c6f1a2b3c"
_TEXT: Final = "ImplausibleVersion: version 9 of 2026-10 follows version 4."


def _row(
    service: str,
    kind: TroubleKind,
    code: TroubleCode,
    subject: str,
    figures: dict[str, str | int],
    *,
    minutes: int = 95,
    action_label: str = "",
) -> TroubleRow:
    words = trouble_words(kind, code, service=service, subject=subject, figures=figures)
    return TroubleRow(
        kind=kind,
        subject=subject,
        since=_NOW - timedelta(minutes=minutes),
        what=words.what,
        text=str(figures.get("text", "")),
        to_do=words.to_do,
        command=words.command,
        action_label=action_label,
        invoice_id=subject if kind == TroubleKind.INVOICE else "",
        is_change=kind == TroubleKind.PROPOSAL,
        corrections=subject if kind == TroubleKind.CORRECTIONS else "",
    )


def _ingestion() -> ServiceTroubles:
    name = "ingestion"
    runner = _row(
        name, TroubleKind.RUNNER, TroubleCode.NONE_ALIVE, "runner", {"count": 14}, minutes=97
    )
    jobs = _row(
        name, TroubleKind.WAITING_JOBS, TroubleCode.NO_RUNNER, "collect_signals", {"count": 14}
    )
    source = _row(
        name,
        TroubleKind.SOURCE,
        TroubleCode.ACCESS_DENIED,
        "aws",
        {
            "uri": "s3://larkfield-billing-exports/cur2/production/",
            "text": "An error occurred (AccessDenied) when calling the ListObjectsV2 operation.",
        },
        minutes=610,
    )
    return ServiceTroubles(name, [runner, jobs, source])


def _invoicing() -> ServiceTroubles:
    name = "invoicing"
    stripe = _row(
        name,
        TroubleKind.STRIPE,
        TroubleCode.AWAY,
        "Stripe",
        {"count": 3, "text": "Stripe does not answer in time"},
        minutes=4,
    )
    slow = _row(name, TroubleKind.S3, TroubleCode.SLOW, "S3", {"milliseconds": 812}, minutes=4)
    letter = _row(
        name,
        TroubleKind.DEAD_LETTER,
        TroubleCode.REFUSED_BY_CONSUMER,
        _LETTER,
        {"topic": "invoicing.revenue_recorded.v1", "dest": "attribution", "text": _TEXT},
        action_label="Send again",
    )
    job = _row(
        name,
        TroubleKind.FAILED_JOB,
        TroubleCode.GAVE_UP,
        _LETTER,
        {"job": "draft_invoices", "key": "2026-10", "count": 3, "text": "KeyError: 'standard'"},
        action_label="Try again",
    )
    corrections = _row(
        name, TroubleKind.CORRECTIONS, TroubleCode.APPROVER_NEEDED, "2026-10", {"count": 12}
    )
    invoice = _row(
        name,
        TroubleKind.INVOICE,
        TroubleCode.HELD_BY_STRIPE,
        "inv-globex",
        {"customer": "globex", "period": "2026-10"},
    )
    return ServiceTroubles(name, [stripe, letter, job, invoice, corrections, slow])


def _portal() -> ServiceTroubles:
    name = "portal"
    message = _row(
        name,
        TroubleKind.REFUSED_MESSAGE,
        TroubleCode.REFUSED_HERE,
        _LETTER,
        {"source": "attribution", "topic": "attribution.margin_measured.v1", "text": _TEXT},
    )
    return ServiceTroubles(name, [message])


def stuck() -> HealthPage:
    return _page([_ingestion(), _invoicing(), _portal()])


def silent() -> HealthPage:
    name = "attribution"
    row = _row(name, TroubleKind.SERVICE, TroubleCode.NO_ANSWER, name, {}, minutes=0)
    return replace(_page([ServiceTroubles(name, [row])]), is_whole=False)


def for_analysts() -> HealthPage:
    shown = _invoicing()
    rows = [replace(row, action_label="") for row in shown.rows]
    return replace(_page([replace(shown, rows=rows)]), may_act=False)


def well() -> HealthPage:
    return _page([])


def _page(groups: list[ServiceTroubles]) -> HealthPage:
    return HealthPage(
        looked_at=_NOW,
        groups=groups,
        count=sum(len(group.rows) for group in groups),
        is_whole=True,
        may_act=True,
        problem="",
    )

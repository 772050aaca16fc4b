"""Chips, bars and headers of tables: small parts that are more than a format."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django import template
from django.http import QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString

from services.portal.domain.labels import STATES
from services.portal.pages.margins import Proof
from services.portal.templatetags.portal_format import icon, percent
from shared.money import Money
from shared.vocabulary.account_states import AccountState
from shared.vocabulary.corrections import DebitState
from shared.vocabulary.invoice_states import State, StripeStatus
from shared.vocabulary.period_states import PeriodState
from shared.vocabulary.sources import DeliveryState, SourceState

register = template.Library()

# Kind of thing -> value -> (label, tone, icon).
_CHIPS: Final[Mapping[str, Mapping[str, tuple[str, str, str]]]] = {
    "invoice": {
        State.DRAFT: (STATES[State.DRAFT], "", "circle-dashed"),
        State.IN_REVIEW: (STATES[State.IN_REVIEW], "info", "eye"),
        State.APPROVED: (STATES[State.APPROVED], "primary", "check"),
        State.ISSUING: (STATES[State.ISSUING], "info", "send"),
        State.ISSUED: (STATES[State.ISSUED], "primary", "send"),
        State.PAID: (STATES[State.PAID], "positive", "circle-check"),
        State.OVERDUE: (STATES[State.OVERDUE], "warning", "clock"),
        State.UNCOLLECTIBLE: (STATES[State.UNCOLLECTIBLE], "negative", "ban"),
        State.VOID: (STATES[State.VOID], "", "ban"),
        State.PARKED: (STATES[State.PARKED], "warning", "pause"),
    },
    "correction": {
        State.DRAFT: ("Being judged", "", "circle-dashed"),
        State.IN_REVIEW: ("Needs approval", "info", "eye"),
        State.PARKED: (STATES[State.PARKED], "warning", "pause"),
        State.APPROVED: (STATES[State.APPROVED], "primary", "check"),
        State.ISSUING: (STATES[State.ISSUING], "info", "send"),
        State.ISSUED: (STATES[State.ISSUED], "positive", "circle-check"),
        State.PAID: (STATES[State.PAID], "positive", "circle-check"),
        State.OVERDUE: (STATES[State.OVERDUE], "warning", "clock"),
        State.UNCOLLECTIBLE: (STATES[State.UNCOLLECTIBLE], "negative", "ban"),
        DebitState.WAITING: ("Waits", "", "hourglass"),
        AccountState.STOPPED: ("Stopped", "negative", "ban"),
        "carried": ("Carried", "", "hourglass"),
        "waived": ("Not passed on", "", "minus"),
    },
    "customer": {
        State.ISSUED: ("To pay", "info", "clock"),
        State.PAID: ("Paid", "positive", "circle-check"),
        State.OVERDUE: ("Overdue", "warning", "triangle-alert"),
        State.UNCOLLECTIBLE: ("Written off", "", "minus"),
        State.VOID: ("Cancelled", "", "ban"),
    },
    "stripe": {
        StripeStatus.DRAFT: ("Draft", "", "circle-dashed"),
        StripeStatus.OPEN: ("Open", "info", "circle"),
        StripeStatus.PAID: ("Paid", "positive", "circle-check"),
        StripeStatus.UNCOLLECTIBLE: ("Uncollectible", "negative", "ban"),
        StripeStatus.VOID: ("Void", "", "ban"),
    },
    "period": {
        PeriodState.OPEN: ("Open, estimated", "info", "circle-dashed"),
        PeriodState.SETTLING: ("Settling", "info", "hourglass"),
        PeriodState.CLOSED: ("Closed", "", "lock"),
        PeriodState.REOPENED: ("Closed, restated since", "warning", "rotate-ccw"),
    },
    "source": {
        SourceState.ACTIVE: ("Active", "positive", "circle-check"),
        SourceState.PAUSED: ("Paused", "warning", "pause"),
        SourceState.RETIRED: ("Retired", "", "ban"),
    },
    "delivery": {
        DeliveryState.FOUND: ("Being read", "info", "hourglass"),
        DeliveryState.WAITING: ("Waiting", "info", "hourglass"),
        DeliveryState.COLLECTED: ("Read", "positive", "circle-check"),
        DeliveryState.UNCHANGED: ("Unchanged", "", "check"),
        DeliveryState.QUARANTINED: ("Refused", "negative", "triangle-alert"),
        DeliveryState.OVERTAKEN: ("Overtaken", "", "minus"),
        DeliveryState.WITHDRAWN: ("Withdrawn", "", "ban"),
    },
    "freshness": {
        "fresh": ("Bill delivered", "positive", "circle-check"),
        "stale": ("Bill is late", "warning", "clock"),
        "unknown": ("No bill yet", "", "circle-help"),
    },
    "basis": {
        State.ISSUED: (STATES[State.ISSUED].lower(), "", ""),
        State.DRAFT: (STATES[State.DRAFT].lower(), "info", ""),
        "unknown": ("no contract", "", ""),
    },
}
_SIGNS: Final = ("direct", "shared", "overhead", "unallocated", "excluded")
_LABELS: Final = {
    "direct": "Direct",
    "shared": "Shared",
    "overhead": "Overhead",
    "unallocated": "Unallocated",
    "excluded": "Excluded",
}
_NARROWEST: Final = Decimal("0.4")  # per cent of the bar: a sliver stays visible


@register.simple_tag
def chip(kind: str, value: str) -> SafeString:
    """A word with a shape; a value that nobody knows is shown as it stands."""
    label, tone, sign = _CHIPS[kind].get(value, (value.replace("_", " "), "", "circle-help"))
    return format_html(
        '<span class="chip {}">{}{}</span>',
        f"tone-{tone}" if tone else "",
        icon(sign) if sign else "",
        label,
    )


@register.filter
def label_of(value: str, kind: str) -> str:
    return _CHIPS[kind].get(value, (value.replace("_", " "), "", ""))[0]


@register.simple_tag
def state_icon(value: str) -> SafeString:
    return icon(_CHIPS["invoice"].get(value, ("", "", "circle"))[2])


@register.filter
def tone_of(value: str) -> str:
    tone = _CHIPS["invoice"].get(value, ("", "", ""))[1]
    return f"tone-{tone}" if tone else ""


@dataclass(frozen=True)
class Segment:
    key: str
    label: str
    amount: Money
    ratio: Decimal
    start: Decimal
    width: Decimal


def segments(proof: Proof) -> list[Segment]:
    """Widths in per cent of the positive parts; a negative part is named but has no width."""
    amounts: dict[str, Money] = {key: getattr(proof, key) for key in _SIGNS}
    bill = proof.bill
    positive = sum((max(money.amount, Decimal(0)) for money in amounts.values()), Decimal(0))
    raw = {
        key: max(money.amount, Decimal(0)) * 100 / positive if positive else Decimal(0)
        for key, money in amounts.items()
    }
    shown = {key: max(width, _NARROWEST) if width else width for key, width in raw.items()}
    scale = Decimal(100) / (sum(shown.values()) or 1)
    parts, start = [], Decimal(0)
    for key, money in amounts.items():
        width = round(shown[key] * scale, 3)
        ratio = money.amount / bill.amount if bill.amount else Decimal(0)
        parts.append(Segment(key, _LABELS[key], money, ratio, start, width))
        start += width
    return parts


@register.inclusion_tag("portal/parts/proof.html")
def proof_bar(proof: Proof | None) -> dict[str, Any]:
    return {"proof": proof, "segments": segments(proof) if proof else []}


@register.inclusion_tag("portal/parts/sort_header.html", takes_context=True)
def sort_header(
    context: Mapping[str, Any],
    key: str,
    label: str,
    *,
    target: str,
    numeric: bool = True,
    only: str = "",
) -> dict[str, Any]:
    """A column's heading as a link that sorts by it; numbers start with the largest.

    `only` is `wide` for a column that phones leave out.
    """
    current = str(context.get("sort", ""))
    is_current, descending = current.lstrip("-") == key, current.startswith("-")
    down_next = not descending if is_current else numeric
    return {
        "label": label,
        "numeric": numeric,
        "only": only,
        "target": target,
        "aria_sort": ("descending" if descending else "ascending") if is_current else "none",
        "url": _with(context, sort=f"-{key}" if down_next else key),
    }


@register.simple_tag(takes_context=True)
def with_query(context: Mapping[str, Any], **changes: str) -> str:
    """This page's address with some parameters changed; an empty value takes one out.

    A page that is shown at another address, too, after a refused form, has its own as `address`.

    The first page is shown again unless `page` is among the changes.
    """
    return _with(context, **changes)


@register.simple_tag(takes_context=True)
def kept_query(context: Mapping[str, Any]) -> str:
    """What the address asks for, to go on with: `?view=to_do`, or nothing."""
    request = context.get("request")
    return f"?{request.GET.urlencode()}" if request is not None and request.GET else ""


def _with(context: Mapping[str, Any], **changes: str) -> str:
    request = context.get("request")
    query = request.GET.copy() if request is not None else QueryDict(mutable=True)
    query.pop("page", None)
    for key, value in changes.items():
        if value:
            query[key] = value
        else:
            query.pop(key, None)
    return f"{context.get('address', '')}?{query.urlencode()}"


@register.simple_tag
def margin_bar(ratio: Decimal | None) -> SafeString:
    """Left of the axis is a loss, to 40 % of revenue; right of it a gain, to 60 %."""
    if ratio is None:
        return SafeString("")
    longest = Decimal("0.4") if ratio < 0 else Decimal("0.6")
    length = round(min(abs(ratio), longest) / longest * (16 if ratio < 0 else 40), 2)
    return format_html(
        '<svg class="marginbar" viewBox="0 0 56 10" aria-hidden="true">'
        '<rect class="{}" x="{}" y="1" width="{}" height="8"></rect>'
        '<line class="axis" x1="16" x2="16" y1="0" y2="10"></line></svg>',
        "loss" if ratio < 0 else "gain",
        16 - length if ratio < 0 else 16,
        length,
    )


@register.simple_tag
def share_bar(ratio: Decimal | None, ink: str = "direct") -> SafeString:
    width = round(max(Decimal(0), min(ratio or Decimal(0), Decimal(1))) * 80, 2)
    return format_html(
        '<svg class="sharebar" viewBox="0 0 80 6" aria-hidden="true">'
        '<rect class="track" width="80" height="6"></rect>'
        '<rect class="ink-{}" width="{}" height="6"></rect></svg>',
        ink,
        width,
    )


@register.simple_tag
def sparkline(values: Sequence[Decimal]) -> SafeString:
    """The course of a figure, oldest first, with its last point marked; said in words too."""
    if len(values) < 2:  # noqa: PLR2004 - a line needs two points
        return SafeString('<span class="muted small">first month</span>')
    low, high = min(values), max(values)
    span = (high - low) or Decimal(1)
    step = Decimal(72) / (len(values) - 1)
    points = [
        (round(step * turn, 1), round(18 - (value - low) / span * 16, 1))
        for turn, value in enumerate(values)
    ]
    path = " ".join(f"{x},{y}" for x, y in points)
    first, last = values[0], values[-1]
    words = percent((last - first) / first) if first else "from zero"
    return format_html(
        '<svg class="sparkline" viewBox="0 0 72 20" role="img" aria-label="{} in {} months">'
        '<polyline points="{}"></polyline><circle cx="{}" cy="{}" r="2"></circle></svg>',
        words,
        len(values),
        path,
        *points[-1],
    )

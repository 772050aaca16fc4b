"""Who did what, at every service."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from django.core.paginator import Page as PageOfRows

from services.portal.pages.page import Page


@dataclass(frozen=True)
class Option:
    """One of a filter; the empty key is all of them."""

    key: str
    label: str


@dataclass(frozen=True)
class AuditRow:
    """`service` is where it was done, `count` how often by then in its minute.

    `actor` is empty where nobody who is known asked.
    """

    at: datetime
    service: str
    actor: str
    role_label: str
    action_label: str
    object_kind: str
    object_id: str
    is_refused: bool
    reason: str
    count: int
    details: str
    address: str
    request_id: str


@dataclass(frozen=True, kw_only=True)
class AuditPage(Page):
    """`missing` are the services whose entries are not known now.

    `is_cut`: there are older entries than the page was made of; only an earlier end shows them.
    """

    template: ClassVar[str] = "portal/operator/audit.html"

    rows: Sequence[AuditRow]
    paging: PageOfRows[Any] | None
    missing: Sequence[str]
    is_cut: bool
    services: Sequence[Option]
    actions: Sequence[Option]
    outcomes: Sequence[Option]
    service: str
    action: str
    outcome: str
    person: str
    since: date | None
    until: date | None
    is_filtered: bool

"""What is stuck, at every service."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from services.portal.pages.page import Page


@dataclass(frozen=True)
class TroubleRow:
    """`text` is quoted as it was written down when it failed; `invoice_id` is of an invoice alone.

    `source`, `delivery`, `period` and `corrections` (a month) have a page of their own, or are
    empty.

    `is_change`: it is a change that waits for a second person.

    `action_label` is empty where nobody can do it here; it is done to `kind` and `subject`.
    """

    kind: str
    subject: str
    since: datetime
    what: str
    text: str
    to_do: str
    command: str
    action_label: str
    invoice_id: str
    is_change: bool
    source: str = ""
    delivery: str = ""
    period: str = ""
    corrections: str = ""


@dataclass(frozen=True)
class ServiceTroubles:
    service: str
    rows: Sequence[TroubleRow]


@dataclass(frozen=True, kw_only=True)
class HealthPage(Page):
    """`groups` have a row or more each, the worst first. `problem`: an action was not done.

    `is_whole` is False where a service did not answer.
    """

    template: ClassVar[str] = "portal/operator/health.html"

    looked_at: datetime
    groups: Sequence[ServiceTroubles]
    count: int
    is_whole: bool
    may_act: bool
    problem: str

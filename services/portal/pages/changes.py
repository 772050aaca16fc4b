"""Changes of rules and prices that wait for a second person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from services.portal.pages.page import Page

Sign = Literal["added", "changed", "removed"]


@dataclass(frozen=True)
class FieldChange:
    """Of one field; empty where there was or will be none."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class EntryChange:
    kind: str
    name: str
    sign: Sign
    fields: Sequence[FieldChange]


@dataclass(frozen=True)
class EntryChanges:
    """`more_count` are not shown."""

    rows: Sequence[EntryChange]
    more_count: int


@dataclass(frozen=True)
class WaitingChange:
    """`is_own`: who looks has asked for it, and can withdraw it but not confirm it.

    `unconfirmed` is in force already, by one person each: whoever confirms agrees with it, too.
    """

    service: str
    id: str
    title: str
    proposed_by: str
    proposed_at: datetime
    reach: str
    changes: EntryChanges
    unconfirmed: EntryChanges
    is_own: bool


@dataclass(frozen=True)
class DecidedChange:
    """`decided_by` may be who has asked, where it was withdrawn or replaced."""

    title: str
    proposed_by: str
    proposed_at: datetime
    state_label: str
    decided_by: str
    decided_at: datetime
    reason: str


@dataclass(frozen=True, kw_only=True)
class ChangesPage(Page):
    """`silent` are services that do not answer. `problem`: a decision was not taken."""

    template: ClassVar[str] = "portal/operator/changes.html"

    waiting: Sequence[WaitingChange]
    decided: Sequence[DecidedChange]
    silent: Sequence[str]
    may_decide: bool
    problem: str

"""Where data comes from, and deliveries that wait for a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from services.portal.pages.page import Page
from shared.money import Money


@dataclass(frozen=True)
class Refusal:
    """Why what a person asked for was not done; `nearest` is an address that was meant, or ''."""

    text: str = ""
    nearest: str = ""
    about: str = ""
    """Which form it was: an action's name."""


@dataclass(frozen=True)
class Given:
    """What a form had in it when it was refused."""

    key: str = ""
    kind: str = ""
    uri: str = ""
    period: str = ""
    reason: str = ""


@dataclass(frozen=True)
class SourceRow:
    """`months` and `object_count` are of the last look; `failure` is quoted."""

    key: str
    kind: str
    kind_label: str
    place: str
    uri: str
    state: str
    months: str
    object_count: int
    unread_count: int
    unread_example: str
    billing_periods_fault: str
    looked_at: datetime | None
    next_look_at: datetime | None
    failing_since: datetime | None
    failure: str
    failure_count: int
    is_upload: bool
    changed_by: str
    changed_at: datetime | None
    change_reason: str
    created_by: str
    created_at: datetime


@dataclass(frozen=True)
class Content:
    """What was read of a delivery; `counts`: its month goes by it. `billed` is of bills alone."""

    counts: bool
    size: str
    billed: Money | None


@dataclass(frozen=True)
class DeliveryRow:
    """`content` is None of what was not read, or said nothing new."""

    id: str
    source: str
    period: str
    state: str
    error: str
    delivered_at: datetime
    given_by: str
    file_name: str
    content: Content | None


@dataclass(frozen=True)
class Acceptance:
    by: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class SourcesPage(Page):
    """`silent`: ingestion does not answer. `given` is what was sent and refused."""

    template: ClassVar[str] = "portal/operator/sources.html"

    sources: Sequence[SourceRow]
    retired: Sequence[SourceRow]
    waiting: Sequence[DeliveryRow]
    silent: bool
    may_act: bool
    refusal: Refusal = Refusal()
    given: Given = Given()


@dataclass(frozen=True, kw_only=True)
class SourcePage(Page):
    template: ClassVar[str] = "portal/operator/source.html"

    source: SourceRow
    deliveries: Sequence[DeliveryRow]
    may_act: bool
    is_retired: bool
    is_paused: bool
    refusal: Refusal = Refusal()
    given: Given = Given()


@dataclass(frozen=True, kw_only=True)
class DeliveryPage(Page):
    """`is_open`: something can be done about it. `replaced_by` is empty, or a delivery's id."""

    template: ClassVar[str] = "portal/operator/delivery.html"

    delivery: DeliveryRow
    words: str
    refused_at: datetime | None
    place: str
    reason: str
    replaces: str
    replaced_by: str
    accepted: Sequence[Acceptance]
    findings: Sequence[str]
    may_be_accepted: bool
    may_be_retried: bool
    may_be_withdrawn: bool
    is_open: bool
    may_act: bool
    refusal: Refusal = Refusal()
    given: Given = Given()


@dataclass(frozen=True, kw_only=True)
class NoSourcesPage(Page):
    """Ingestion does not answer, so nothing is known of one source or delivery."""

    template: ClassVar[str] = "portal/operator/no_sources.html"

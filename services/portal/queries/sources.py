"""Sources and deliveries for the pages, as ingestion has them."""

from datetime import datetime
from typing import Final

from services.portal.domain.source_words import (
    DELIVERY_WORDS,
    is_upload,
    kind_label,
    months_words,
    place_words,
    size_words,
)
from services.portal.gateways.sources import (
    ReadContent,
    ReadDelivery,
    ReadSource,
    UnableToReadSources,
    read_deliveries,
    read_delivery,
    read_source,
    read_sources,
)
from services.portal.pages.sources import (
    Acceptance,
    Content,
    DeliveryPage,
    DeliveryRow,
    Given,
    Refusal,
    SourcePage,
    SourceRow,
    SourcesPage,
)
from shared.auth.actors import Actor
from shared.vocabulary.roles import ADMINISTRATORS
from shared.vocabulary.sources import DeliveryState, SourceState

_ROWS_MAX: Final = 60


def read_sources_page(
    *, actor: Actor, now: datetime, refusal: Refusal | None = None, given: Given | None = None
) -> SourcesPage:
    """The failing ones first; and the deliveries that wait or were refused and need a person."""
    try:
        known = read_sources(actor=actor, now=now)
        refused = read_deliveries(actor=actor, now=now, state=DeliveryState.QUARANTINED)
        waiting = read_deliveries(actor=actor, now=now, state=DeliveryState.WAITING)
        is_silent = False
    except UnableToReadSources:
        known, refused, waiting, is_silent = [], [], [], True
    rows = [_source(one) for one in sorted(known, key=lambda one: one.failing_since is None)]
    return SourcesPage(
        sources=[row for row in rows if row.state != SourceState.RETIRED],
        retired=[row for row in rows if row.state == SourceState.RETIRED],
        waiting=[_row(one) for one in (*_newest(refused), *waiting) if one.needs_a_person],
        silent=is_silent,
        may_act=actor.role in ADMINISTRATORS,
        refusal=refusal or Refusal(),
        given=given or Given(),
    )


def read_source_page(
    key: str,
    *,
    actor: Actor,
    now: datetime,
    refusal: Refusal | None = None,
    given: Given | None = None,
) -> SourcePage:
    """Raises UnableToReadSources and NoSuchThing."""
    source = read_source(key, actor=actor, now=now)
    deliveries = read_deliveries(actor=actor, now=now, source=key)
    return SourcePage(
        source=_source(source),
        deliveries=[_row(one) for one in deliveries[:_ROWS_MAX]],
        may_act=actor.role in ADMINISTRATORS,
        is_retired=source.state == SourceState.RETIRED,
        is_paused=source.state == SourceState.PAUSED,
        refusal=refusal or Refusal(),
        given=given or Given(),
    )


def read_delivery_page(
    delivery_id: str,
    *,
    actor: Actor,
    now: datetime,
    refusal: Refusal | None = None,
    given: Given | None = None,
) -> DeliveryPage:
    """Raises UnableToReadSources and NoSuchThing."""
    read = read_delivery(delivery_id, actor=actor, now=now)
    is_refused = read.state == DeliveryState.QUARANTINED
    is_withdrawn = read.state == DeliveryState.WITHDRAWN
    return DeliveryPage(
        delivery=_row(read),
        words=DELIVERY_WORDS.get(read.state, ""),
        refused_at=read.refused_at,
        place=read.manifest_uri,
        reason=read.reason,
        replaces=read.replaces,
        replaced_by=read.replaced_by[-1] if read.replaced_by else "",
        accepted=[Acceptance(one["by"], one["reason"]) for one in read.accepted],
        findings=read.findings,
        may_be_accepted=read.may_be_accepted,
        may_be_retried=(is_refused and read.needs_a_person) or is_withdrawn,
        may_be_withdrawn=read.taken is not None and read.taken.counts,
        is_open=read.needs_a_person or is_withdrawn,
        may_act=actor.role in ADMINISTRATORS,
        refusal=refusal or Refusal(),
        given=given or Given(),
    )


def _newest(refused: list[ReadDelivery]) -> list[ReadDelivery]:
    """One of each source and month: an older one is not worth a person's time."""
    newest = {(one.source, one.period): one for one in sorted(refused, key=_delivered_at)}
    return list(reversed(newest.values()))


def _delivered_at(read: ReadDelivery) -> datetime:
    return read.delivered_at


def _row(read: ReadDelivery) -> DeliveryRow:
    return DeliveryRow(
        id=read.delivery_id,
        source=read.source,
        period=read.period,
        state=read.state,
        error=read.error,
        delivered_at=read.delivered_at,
        given_by=read.given_by,
        file_name=read.file_name,
        content=None if read.taken is None else _content(read.taken),
    )


def _content(taken: ReadContent) -> Content:
    is_bill = taken.billed is not None
    return Content(taken.counts, size_words(taken.row_count, is_bill=is_bill), taken.billed)


def _source(read: ReadSource) -> SourceRow:
    return SourceRow(
        key=read.key,
        kind=read.kind,
        kind_label=kind_label(read.kind),
        place=place_words(read.uri),
        uri=read.uri,
        state=read.state,
        months=months_words(read.months),
        object_count=read.object_count,
        unread_count=read.unread_count,
        unread_example=read.unread_example,
        billing_periods_fault=read.billing_periods_fault,
        looked_at=read.looked_at,
        next_look_at=read.next_look_at,
        failing_since=read.failing_since,
        failure=read.failure,
        failure_count=read.failure_count,
        is_upload=is_upload(read.uri),
        changed_by=read.changed_by,
        changed_at=read.changed_at,
        change_reason=read.change_reason,
        created_by=read.created_by,
        created_at=read.created_at,
    )

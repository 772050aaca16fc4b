"""Where data comes from, and deliveries that need a person."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from deploy.page_previews.numbers import usd
from services.portal.domain.source_words import DELIVERY_WORDS, kind_label, place_words
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
from shared.vocabulary.sources import DeliveryState, SourceState

_NOW: Final = datetime(2026, 11, 5, 8, 20, tzinfo=UTC)
_EXPORT: Final = "s3://larkfield-billing-exports/cur2/production/"
_BAD: Final = (
    "cur2/production/data/BILLING_PERIOD=2026-10/production-00002.snappy.parquet, row 18,204, field"
    " line_item_unblended_cost: NaN is no number. Mend the export and deliver it again."
)
_LOOSE: Final = (
    f"{_EXPORT}: 3 files lie here without a manifest, so nobody knows whether that is the whole"
    " month. Copy the export's metadata folder, too, or accept it as the whole month."
)


_COUNTS: Final = Content(counts=True, size="41,212 lines", billed=usd("44200.02"))
_BEFORE: Final = Content(counts=False, size="40,988 lines", billed=usd("44187.31"))


def _source(key: str, kind: str, uri: str) -> SourceRow:
    return SourceRow(
        key=key,
        kind=kind,
        kind_label=kind_label(kind),
        place=place_words(uri),
        uri=uri,
        state=SourceState.ACTIVE,
        months="2026-02 to 2026-11",
        object_count=184,
        unread_count=0,
        unread_example="",
        billing_periods_fault="",
        looked_at=_NOW - timedelta(seconds=40),
        next_look_at=None,
        failing_since=None,
        failure="",
        failure_count=0,
        is_upload=uri.startswith("upload:"),
        changed_by="",
        changed_at=None,
        change_reason="",
        created_by="olivia",
        created_at=datetime(2026, 2, 3, 9, 5, tzinfo=UTC),
    )


def _failing() -> SourceRow:
    return replace(
        _source("clusters", "workloads", "s3://larkfield-workloads/production/"),
        failing_since=_NOW - timedelta(hours=11),
        failure_count=52,
        next_look_at=_NOW + timedelta(minutes=9),
        failure="An error occurred (AccessDenied) when calling the ListObjectsV2 operation.",
    )


def _row(
    name: str,
    state: DeliveryState,
    *,
    error: str = "",
    period: str = "2026-10",
    content: Content | None = None,
) -> DeliveryRow:
    return DeliveryRow(
        id=name,
        source="aws",
        period=period,
        state=state,
        error=error,
        delivered_at=_NOW - timedelta(hours=2),
        given_by="",
        file_name="",
        content=content,
    )


def listed() -> SourcesPage:
    usage = replace(
        _source("usage", "signals", "s3://larkfield-usage/"),
        unread_count=2,
        unread_example="s3://larkfield-usage/october/nat.csv",
    )
    old = replace(_source("old-cur", "bill", "s3://larkfield-cur/"), state=SourceState.RETIRED)
    waiting = _row("dlv_waiting", DeliveryState.WAITING, error=_WAITING, period="2026-09")
    return SourcesPage(
        sources=[_failing(), _source("aws", "bill", _EXPORT), usage, _by_hand()],
        retired=[old],
        waiting=[_row("bad", DeliveryState.QUARANTINED, error=_BAD), waiting],
        silent=False,
        may_act=True,
    )


_WAITING: Final = (
    "1 of 4 files that the manifest lists are not there:"
    " cur2/production/data/BILLING_PERIOD=2026-09/production-00004.snappy.parquet."
)


def none() -> SourcesPage:
    return SourcesPage(sources=[], retired=[], waiting=[], silent=False, may_act=True)


def typo() -> SourcesPage:
    wrong = "s3://larkfield-billing-exprots/cur2/production/"
    text = (
        f"{wrong}: there is no such bucket. Did you mean {_EXPORT}? Look at the name in"
        " the S3 console."
    )
    given = Given(uri=wrong, key="aws", kind="bill")
    return replace(none(), refusal=Refusal(text, _EXPORT, "new"), given=given)


def aws() -> SourcePage:
    rows = [
        _row("bad", DeliveryState.QUARANTINED, error=_BAD),
        replace(
            _row("given", DeliveryState.COLLECTED, content=_COUNTS),
            given_by="olivia",
            file_name="bill-2026-10.parquet",
        ),
        _row("dlv_2", DeliveryState.COLLECTED, content=_BEFORE),
        _row("dlv_3", DeliveryState.UNCHANGED),
        _row("dlv_4", DeliveryState.FOUND, period="2026-11"),
        _row("dlv_5", DeliveryState.OVERTAKEN, error="a newer manifest lies in its place."),
    ]
    return _page(_source("aws", "bill", _EXPORT), rows)


def _page(source: SourceRow, rows: list[DeliveryRow]) -> SourcePage:
    return SourcePage(
        source=source,
        deliveries=rows,
        may_act=True,
        is_retired=source.state == SourceState.RETIRED,
        is_paused=source.state == SourceState.PAUSED,
    )


def lost() -> SourcePage:
    return _page(_failing(), [])


def refused_address() -> SourcePage:
    text = "s3://larkfield-billing-exports/cru2/: nothing lies there."
    nearest = "s3://larkfield-billing-exports/cur2/"
    given = Given(uri="s3://larkfield-billing-exports/cru2/", reason="The export has moved.")
    return replace(aws(), refusal=Refusal(text, nearest, "address"), given=given)


def _changed(state: SourceState) -> SourceRow:
    return replace(
        _source("aws", "bill", _EXPORT),
        state=state,
        changed_by="ada",
        changed_at=_NOW - timedelta(days=2),
        change_reason="The export is rebuilt with split cost allocation data.",
    )


def paused() -> SourcePage:
    return replace(aws(), source=_changed(SourceState.PAUSED), is_paused=True)


def retired() -> SourcePage:
    return replace(aws(), source=_changed(SourceState.RETIRED), is_retired=True)


def _by_hand() -> SourceRow:
    source = _source("hand", "bill", "upload:hand")
    return replace(source, months="", object_count=0, looked_at=None)


def by_hand() -> SourcePage:
    return _page(_by_hand(), [])


def bad() -> DeliveryPage:
    row = _row("bad", DeliveryState.QUARANTINED, error=_BAD)
    return DeliveryPage(
        delivery=row,
        words=DELIVERY_WORDS[row.state],
        refused_at=_NOW - timedelta(hours=1),
        place=f"{_EXPORT}metadata/BILLING_PERIOD=2026-10/production-Manifest.json",
        reason="",
        replaces="",
        replaced_by="",
        accepted=[],
        findings=[],
        may_be_accepted=False,
        may_be_retried=True,
        may_be_withdrawn=False,
        is_open=True,
        may_act=True,
    )


def refused_acceptance() -> DeliveryPage:
    refusal = Refusal("The delivery is found; there is nothing to decide.", about="retry")
    return replace(bad(), refusal=refusal, given=Given(reason="AWS has mended it."))


def loose() -> DeliveryPage:
    row = _row("loose", DeliveryState.QUARANTINED, error=_LOOSE)
    return replace(bad(), delivery=row, place="", may_be_accepted=True)


def waiting() -> DeliveryPage:
    row = _row("waiting", DeliveryState.WAITING, error=_WAITING, period="2026-09")
    words = DELIVERY_WORDS[row.state]
    return replace(bad(), delivery=row, words=words, may_be_retried=False, refused_at=None)


def given() -> DeliveryPage:
    row = replace(
        _row("given", DeliveryState.COLLECTED, content=_COUNTS),
        given_by="olivia",
        file_name="bill-2026-10.parquet",
    )
    return replace(
        bad(),
        delivery=row,
        words=DELIVERY_WORDS[row.state],
        place="",
        reason="AWS support sent the month as one file.",
        replaces="bad",
        accepted=[Acceptance("olivia", "I copied all three files.")],
        findings=[
            "By FOCUS's Billing Period dataset 2026-10 is still open: its charges may change.",
            "Tag keys that look alike are kept apart: 'Customer', 'customer'.",
        ],
        may_be_retried=False,
        may_be_withdrawn=True,
        is_open=False,
    )


def withdrawn() -> DeliveryPage:
    row = _row("withdrawn", DeliveryState.WITHDRAWN, content=_BEFORE)
    return replace(
        given(),
        delivery=row,
        words=DELIVERY_WORDS[row.state],
        replaces="",
        accepted=[],
        may_be_retried=True,
        may_be_withdrawn=False,
        is_open=True,
    )


def only_bill() -> DeliveryPage:
    text = "It is the only bill of 2026-10. Give the right one, which takes its place."
    return replace(given(), refusal=Refusal(text, about="withdraw"), given=Given(reason="Twice."))

"""Whether the files of a delivery may be taken now: all there, and not changing any more.

AWS writes data first and the manifest last, and overwrites files of the same name one by one while
the old manifest still stands. Who copies a month by hand does so in any order. The two are told
apart by what is current already: AWS overwrites what was taken before.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.ingestion.domain.delivery_layout import Stored
from shared.faults import BadInput, Fault, printable
from shared.vocabulary.sources import DeliveryFault

_NAMES_SHOWN_MAX: Final = 3
# Where AWS would write to, a month without manifest may be one that AWS still writes: so many times
# as long it must not change, and longer beside months that AWS has written.
AWS_WRITES_TIMES: Final = 12
AWS_WRITES_BESIDE_OTHERS_TIMES: Final = 288
_HOURS_FROM_MINUTES: Final = 120


class RefusedDelivery(BadInput):
    """It goes into quarantine; `code` says why as data."""

    def __init__(self, code: DeliveryFault, message: str, *, file: str, remedy: str) -> None:
        super().__init__(message, file=file, remedy=remedy)
        self.code = code


class NotYetWhole(Exception):
    """It waits: files are missing, or what is there has just been changed."""

    def __init__(self, code: DeliveryFault, text: str) -> None:
        super().__init__(text)
        self.code = code


class Overtaken(Exception):
    """Something newer lies in its place, which is a delivery of its own."""


@dataclass(frozen=True)
class Watch:
    """When the files are looked at, and for how long nothing of them must have changed."""

    now: datetime
    settle: timedelta

    def is_quiet(self, items: Collection[Stored], *, settle: timedelta | None = None) -> bool:
        newest = max(item.modified_at for item in items)
        return self.now - newest >= (self.settle if settle is None else settle)


def check_listed(
    manifest: Stored,
    items: Sequence[Stored],
    absent: Sequence[Fault],
    *,
    watch: Watch,
    is_restated: bool,
    accepted: Collection[str],
) -> None:
    """Raises NotYetWhole or RefusedDelivery. `absent`: why each file was not found.

    `is_restated`: the month has a snapshot of the source already.
    """
    is_quiet = watch.is_quiet([manifest, *items])
    if absent:
        _refuse_absent(manifest, items, absent, is_quiet=is_quiet)
    newer = [item for item in items if item.modified_at > manifest.modified_at]
    if not newer or DeliveryFault.NEWER_THAN_MANIFEST in accepted:
        return
    code = DeliveryFault.NEWER_THAN_MANIFEST
    if not is_quiet:
        raise NotYetWhole(
            code,
            f"{_counted(newer, 'is', 'are')} newer than the manifest: it is taken once nothing"
            f" has changed for {_span(watch.settle)}.",
        )
    if is_restated:
        raise RefusedDelivery(
            code,
            f"{_counted(newer, 'is', 'are')} newer than the manifest, so a new delivery may be"
            " under way.",
            file=newer[0].uri,
            remedy="Where AWS writes it, nothing is to be done: its next manifest brings it. Accept"
            " it where somebody has copied all of it by hand.",
        )


def _refuse_absent(
    manifest: Stored, items: Sequence[Stored], absent: Sequence[Fault], *, is_quiet: bool
) -> None:
    of = len(items) + len(absent)
    names = ", ".join(printable(fault.file) for fault in absent[:_NAMES_SHOWN_MAX])
    more = " and more" if len(absent) > _NAMES_SHOWN_MAX else ""
    text = f"{len(absent)} of {of} files that the manifest lists are not there: {names}{more}."
    if not is_quiet:
        raise NotYetWhole(DeliveryFault.INCOMPLETE, text)
    raise RefusedDelivery(
        DeliveryFault.INCOMPLETE,
        text,
        file=manifest.uri,
        remedy="Copy them there; it is taken by itself once all are.",
    )


def check_loose(
    files: Sequence[Stored],
    *,
    place: str,
    watch: Watch,
    is_as_aws_writes: bool,
    has_manifests: bool,
    month_is_over: bool,
    accepted: Collection[str],
) -> None:
    """Of a month without manifest. Raises NotYetWhole or RefusedDelivery.

    One file is a month, as the command takes it; of several, or of one that AWS may still be
    writing beside others, a person says that they are all.
    """
    if DeliveryFault.NO_MANIFEST in accepted:
        return
    settle = watch.settle
    if is_as_aws_writes:
        settle *= AWS_WRITES_BESIDE_OTHERS_TIMES if has_manifests else AWS_WRITES_TIMES
    if not watch.is_quiet(files, settle=settle):
        raise NotYetWhole(
            DeliveryFault.NO_MANIFEST,
            f"{_counted(files, 'lies', 'lie')} here without a manifest: looked at once nothing has"
            f" changed for {_span(settle)}.",
        )
    if len(files) == 1 and not has_manifests and (month_is_over or not is_as_aws_writes):
        return
    raise RefusedDelivery(
        DeliveryFault.NO_MANIFEST,
        f"{_counted(files, 'lies', 'lie')} here without a manifest, so nobody knows whether that is"
        " the whole month.",
        file=place,
        remedy="Copy the export's metadata folder, too, or accept it as the whole month.",
    )


def _counted(items: Collection[Stored], one: str, several: str) -> str:
    return f"1 file {one}" if len(items) == 1 else f"{len(items)} files {several}"


def _span(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    if minutes >= _HOURS_FROM_MINUTES:
        return f"{minutes // 60} hours"
    return f"{minutes} minutes" if minutes > 1 else f"{round(span.total_seconds())} seconds"

"""Write deliveries of the sample into a folder."""

import random
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Final

from deploy.sample_company import (
    bill,
    configuration,
    cur2,
    focus,
    legacy,
    signals,
    traffic,
    workloads,
)
from deploy.sample_company.lines import Line
from deploy.sample_company.months import SampleMonth, months_of
from deploy.sample_company.truth import Truth, tell
from shared.periods import Month

BUCKET: Final = "larkfield-billing"
CUR_2: Final = "CUR 2.0"
FOCUS: Final = "FOCUS 1.2"
LEGACY: Final = "legacy CUR"
FORMATS: Final = (CUR_2, FOCUS, LEGACY)


@dataclass(frozen=True, kw_only=True)
class Story:
    """What a month's delivery is made from."""

    month: SampleMonth
    flow: traffic.Traffic = field(repr=False)
    work: workloads.Workloads = field(repr=False)
    lines: list[Line] = field(repr=False)

    @cached_property
    def truth(self) -> Truth:
        """The late line belongs to the anchor, in whose bill it is not."""
        lines = [line for line in self.lines if line.end > self.month.start]
        if self.month.has_late_line and self.month.is_over:
            lines.append(bill.late_line(self.month))
        return tell(lines, self.flow, self.work)


def imagine(month: SampleMonth, *, seed: int) -> Story:
    """Same month and seed, same story; one that is restated differs by what was corrected."""
    dice = random.Random(f"{month}/{seed}")  # noqa: S311 - an example, and it has to repeat
    flow = traffic.imagine(month, dice)
    return Story(
        month=month,
        flow=flow,
        work=workloads.imagine(month, seed=seed),
        lines=bill.write_bill(month, flow, dice),
    )


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Where a month's delivery lies; each folder of `bills` mirrors the operator's bucket."""

    month: SampleMonth
    bills: Mapping[str, Path]
    manifests: Mapping[str, Path]
    signals: Path
    workloads: Path
    configuration: Path
    truth_file: Path
    truth: Truth = field(repr=False)
    line_count: int
    signal_count: int
    workload_count: int
    bill_total: Decimal

    @property
    def period(self) -> Month:
        return self.month.month

    @property
    def bill(self) -> Path:
        return self.bills[CUR_2]

    @property
    def manifest(self) -> Path:
        return self.manifests[CUR_2]


def write_sample(
    *,
    root: Path,
    month: SampleMonth,
    seed: int,
    bucket: str = BUCKET,
    formats: Collection[str] = FORMATS,
) -> Sample:
    """Same month and seed, same bytes; `bucket` is the name that manifests carry.

    Months share a folder, as they share the operator's bucket; the restatement has its own.
    """
    story = imagine(month, seed=seed)
    place = root / "restated" if month.is_restated else root
    rows = signals.record(story.flow)
    stays = list(workloads.record(story.work))
    manifests = _deliver(story, place, bucket, formats)
    sample = Sample(
        month=month,
        bills={name: place / _folder(name) for name in formats},
        manifests=manifests,
        signals=place / "signals" / f"period={month}" / "signals.parquet",
        workloads=place / "workloads" / f"period={month}" / "workloads.parquet",
        configuration=root / "trueback.yaml",
        truth_file=place / f"truth-{month}.json",
        truth=story.truth,
        line_count=len(story.lines),
        signal_count=len(rows),
        workload_count=len(stays),
        bill_total=Decimal(sum(line.quanta for line in story.lines)).scaleb(-10),
    )
    signals.write_signals(rows, sample.signals)
    workloads.write_workloads(stays, sample.workloads)
    sample.configuration.write_text(configuration.compose(month.anchor), encoding="utf-8")
    sample.truth_file.write_text(sample.truth.to_json(period=str(month)), encoding="utf-8")
    return sample


def write_everything(
    *, root: Path, anchor: Month, seed: int, bucket: str = BUCKET
) -> Iterator[Sample]:
    """All months, oldest first, and the delivery that restates the anchor."""
    for month in (*months_of(anchor), SampleMonth(anchor=anchor).restated):
        yield write_sample(root=root, month=month, seed=seed, bucket=bucket)


def _folder(name: str) -> str:
    return {CUR_2: "bill", FOCUS: "bill-focus", LEGACY: "bill-legacy"}[name]


def _deliver(
    story: Story, place: Path, bucket: str, formats: Collection[str]
) -> Mapping[str, Path]:
    month, lines = story.month, story.lines
    manifests = {}
    if {CUR_2, LEGACY} & set(formats):
        values = cur2.read_values(lines, month)
    if CUR_2 in formats:
        root = place / _folder(CUR_2)
        manifests[CUR_2] = cur2.deliver(
            values, count=len(lines), root=root, month=month, bucket=bucket
        )
    if LEGACY in formats:
        root = place / _folder(LEGACY)
        manifests[LEGACY] = legacy.deliver(values, lines, root=root, month=month, bucket=bucket)
    if FOCUS in formats:
        root = place / _folder(FOCUS)
        manifests[FOCUS] = focus.deliver(lines, root=root, month=month, bucket=bucket)
    return manifests

"""Write the whole sample into a folder."""

import random
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Final

from deploy.sample import bill, configuration, delivery, traffic
from deploy.sample.truth import Truth, tell
from shared.periods import Month

BUCKET: Final = "larkfield-billing"


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Where everything lies; `bill` is the folder that mirrors the operator's bucket."""

    period: Month
    bill: Path
    manifest: Path
    signals: Path
    configuration: Path
    truth_file: Path
    truth: Truth = field(repr=False)
    line_count: int
    signal_count: int
    bill_total: Decimal


def write_sample(*, root: Path, period: Month, seed: int, bucket: str = BUCKET) -> Sample:
    """Same period and seed, same bytes; `bucket` is the name that the manifest's URLs carry."""
    dice = random.Random(f"{period}/{seed}")  # noqa: S311 - an example, and it has to repeat
    flow = traffic.imagine(period, dice)
    lines = bill.write_bill(period, flow, dice)
    told = tell(lines, flow)
    rows = traffic.record(flow, period)
    sample = Sample(
        period=period,
        bill=root / "bill",
        manifest=delivery.deliver(lines, root=root / "bill", period=period, bucket=bucket),
        signals=root / "signals" / f"signals-{period}.parquet",
        configuration=root / "trueback.yaml",
        truth_file=root / "truth.json",
        truth=told,
        line_count=len(lines),
        signal_count=len(rows),
        bill_total=Decimal(sum(line.units for line in lines)).scaleb(-10),
    )
    delivery.write_signals(rows, sample.signals)
    sample.configuration.write_text(configuration.compose(period), encoding="utf-8")
    sample.truth_file.write_text(told.to_json(period=str(period)), encoding="utf-8")
    return sample

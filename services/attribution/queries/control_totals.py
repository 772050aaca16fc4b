"""Ingestion's control totals of a bill's raw files, as it left them in the lake."""

import json

from shared.contracts.raw_totals import RawTotal
from shared.lake.lake import Lake


def control_totals(lake: Lake, uri: str) -> list[RawTotal]:
    return [RawTotal.from_json(item) for item in json.loads(lake.storage.read(uri))]

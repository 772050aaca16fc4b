from decimal import Decimal
from typing import Any

from services.attribution.domain.revision_causes import (
    Bill,
    Cause,
    Corrections,
    MadeOf,
    revision_causes,
)
from services.attribution.models import Period, Run


def causes_of(record: Period, current: Run | None) -> list[Cause]:
    """Why the current run of a closed period is another than what it was closed on.

    Nothing of runs from before their inputs were kept.
    """
    closed = record.closed_run
    if closed is None or current is None or closed.run_id == current.run_id:
        return []
    if not closed.inputs or not current.inputs:
        return []
    return revision_causes(_made_of(closed), _made_of(current))


def _made_of(run: Run) -> MadeOf:
    return MadeOf(
        bills={
            one["source"]: Bill(one["content_hash"], _corrections(one.get("corrected", {})))
            for one in run.inputs["snapshots"]
        },
        signals={one["source"]: one["content_hash"] for one in run.inputs["signals"]},
        workloads={one["source"]: one["content_hash"] for one in run.inputs["workloads"]},
        ruleset_digest=run.ruleset_digest,
        engine_digest=run.engine_digest,
        moved_in={
            (one["period"], one["lines"]["source"]): Bill(
                one["lines"]["content_hash"], _corrections(one["lines"])
            )
            for one in run.inputs.get("moved_in", ())
        },
    )


def _corrections(kept: dict[str, Any]) -> Corrections:
    if not kept:
        return Corrections()
    return Corrections(kept["line_count"], Decimal(kept["billed"]), Decimal(kept["effective"]))

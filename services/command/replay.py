"""`trueback replay`: a run of the stack once more, from exactly what it was made of."""

import uuid
from typing import Annotated

import typer

from services.command.attribute import month_of
from services.command.stack import answer_of, current_run
from shared.faults import Fault, ProofFailed


def replay(
    period: Annotated[str, typer.Argument(help="Month, such as 2026-10.")],
    *,
    as_of: Annotated[str, typer.Option(help="The run; else the period's current one.")] = "",
) -> None:
    """Compute a run again and compare it, byte for byte, with what is kept of it."""
    run_id = as_of or current_run(str(month_of(period, hint="PERIOD")))
    question = {"replay_id": str(uuid.uuid4())}
    answer = answer_of("POST", f"/api/v1/runs/{run_id}/replays", question)
    if answer["period"] != period:
        raise Fault(f"{run_id} is a run of {answer['period']}, not of {period}.")
    for name, digest in answer["hashes"].items():
        print(f"{name:<9} sha256 {digest}")
    _print_engine(answer["engine"])
    if not answer["is_same"] and answer["has_same_amounts"]:
        print(f"{run_id} of {period}: other bytes, and the same amounts in every statement")
        return
    if not answer["is_same"]:
        raise ProofFailed(
            f"{run_id} does not come out as it did.",
            file="allocations.parquet",
            remedy="Its amounts differ, too. Report this with both engines; its inputs are whole.",
        )
    print(f"{run_id} of {period}: the same, byte for byte")


def _print_engine(engine: dict[str, str]) -> None:
    recorded, current = engine["recorded"], engine["current"]
    if recorded != current:
        computed_by = recorded[:12] or "one of before versions were recorded"
        print(f"engine    {computed_by} computed it, {current[:12]} replays it")

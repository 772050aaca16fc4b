"""Random bills, each written in several formats: owners and amounts are the same bytes in all.

Those of one side are attributed together, each as a source of its own: the side of their first
formats, of their second ones, and so on.
"""

import random
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from services.attribution.engine import attribute
from services.ingestion.engine import Snapshot, find_delivery, normalise
from shared.configuration import parse_configuration
from shared.faults import Fault
from tests.bills import columns_of
from tests.same_bill import (
    FORMS,
    LINE_COLUMNS,
    OCTOBER,
    OUTPUTS,
    RULESET,
    Line,
    random_bill,
    write_bill,
)

_CONFIG: Final = parse_configuration(RULESET)
_MEMORY_MB: Final = 256


@dataclass(frozen=True)
class Written:
    """One bill in one format, as it was taken."""

    number: int
    form: str
    snapshot: Snapshot


def differences(
    numbers: Sequence[int], seed: int, work: Path, *, form_count: int = len(FORMS)
) -> Iterator[tuple[int, str]]:
    """Of each bill that is not the same in all of its formats: its number, and what differs."""
    sides: list[list[Written]] = [[] for _ in range(form_count)]
    for at, number in enumerate(numbers):
        dice, lines, forms = planned(number, seed, form_count)
        try:
            written = [
                Written(number, form, _taken(dice, lines, form, work, f"bill-{at}"))
                for form in forms
            ]
        except Fault as fault:
            yield number, f"refused: {fault}"
            continue
        yield from _other_lines(written)
        for side, each in zip(sides, written, strict=True):
            side.append(each)
    yield from _other_amounts(sides, work)


def planned(number: int, seed: int, form_count: int) -> tuple[random.Random, list[Line], list[str]]:
    """What spells it, its lines and the formats that they are written in."""
    dice = random.Random(f"{seed}:{number}")  # noqa: S311 - a run has to repeat
    return dice, random_bill(dice), dice.sample(list(FORMS), form_count)


def _taken(
    dice: random.Random, lines: Sequence[Line], form: str, work: Path, source: str
) -> Snapshot:
    folder = work / "bill"
    shutil.rmtree(folder, ignore_errors=True)
    snapshot = normalise(
        find_delivery(write_bill(dice, lines, form, folder), period=OCTOBER),
        period=OCTOBER,
        out_dir=work / "snapshot",
        scratch_dir=work / "scratch",
        memory_limit_mb=_MEMORY_MB,
        source=source,
    )
    # Out of the way of the next: a folder of one name has statements that are parsed already.
    kept = work / "kept" / source / form
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(kept, ignore_errors=True)
    (work / "snapshot").rename(kept)
    return replace(snapshot, parts=tuple(kept / part.name for part in snapshot.parts))


def _other_lines(written: Sequence[Written]) -> Iterator[tuple[int, str]]:
    first, *others = [columns_of(each.snapshot.parts[0], LINE_COLUMNS) for each in written]
    for each, lines in zip(written[1:], others, strict=True):
        if lines != first:
            yield each.number, f"other lines in {each.form} than in {written[0].form}"


def _other_amounts(sides: Sequence[Sequence[Written]], work: Path) -> Iterator[tuple[int, str]]:
    if not sides[0]:
        return
    first = _outputs(sides[0], work)
    for side in sides[1:]:
        if _outputs(side, work) == first:
            continue
        if len(side) > 1:
            for one, other in zip(sides[0], side, strict=True):
                yield from _other_amounts([[one], [other]], work)
        else:
            forms = f"{side[0].form} and {sides[0][0].form}"
            yield side[0].number, f"other owners or amounts in {forms}"


def _outputs(side: Sequence[Written], work: Path) -> list[bytes]:
    """The run's files. It is named by what came out, so its name is compared as well."""
    snapshots = [each.snapshot for each in side]
    out_dir = work / "run"
    attribute(
        snapshot_parts=[part for each in snapshots for part in each.parts],
        raw_totals=[total for each in snapshots for total in each.raw_totals],
        unreadable=[column for each in snapshots for column in each.unreadable],
        config=_CONFIG,
        signals=[],
        period=OCTOBER,
        out_dir=out_dir,
        scratch_dir=work / "scratch",
        memory_limit_mb=_MEMORY_MB,
    )
    return [(out_dir / name).read_bytes() for name in OUTPUTS]

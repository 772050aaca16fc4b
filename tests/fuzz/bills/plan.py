"""Which mutation of which format a delivery's number stands for."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

from tests.fuzz.bills.bombs import bombs
from tests.fuzz.bills.cells import NUMBERS, TAG_OBJECTS, TAGS, TEXTS, TIMES
from tests.fuzz.bills.manifests import manifests
from tests.fuzz.bills.mutations import (
    Mutation,
    changed_cells,
    columns,
    cut,
    encodings,
    flipped_bits,
    untouched,
)
from tests.fuzz.bills.tables import FORMATS, Format


@dataclass(frozen=True)
class Kind:
    name: str
    weight: int
    """How often it comes, for each time that another comes once."""
    mutate: Mutation
    fits: Callable[[Format], bool] = lambda _: True


KINDS: Final = (
    Kind("untouched", 2, untouched),
    Kind("amounts", 6, changed_cells(NUMBERS, "cost")),
    Kind("times", 4, changed_cells(TIMES, "start", "end", "month", "month_end")),
    Kind("tags", 4, changed_cells((*TAGS, *TAG_OBJECTS), "tags", "allocated", "customer")),
    Kind("other cells", 3, changed_cells(TEXTS)),
    Kind("columns", 3, columns),
    Kind("encodings", 4, encodings),
    Kind("bit flips", 5, flipped_bits),
    Kind("truncation", 4, cut),
    Kind("manifests", 4, manifests, lambda form: form.has_manifest),
    Kind("bombs", 1, bombs, lambda form: form.is_packed),
)


@dataclass(frozen=True)
class Planned:
    chance: random.Random
    """The same for the number, whatever was made before it."""
    kind: Kind
    form: Format


def planned(number: int, seed: int) -> Planned:
    chance = random.Random(f"{seed}:{number}")  # noqa: S311 - a run has to repeat
    turns = _turns(seed)
    name, kind = turns[number % len(turns)]
    return Planned(chance, kind, chance.choice([form for form in FORMATS[name] if kind.fits(form)]))


@cache
def _turns(seed: int) -> list[tuple[str, Kind]]:
    """Every kind of every format comes in so many deliveries, as often as it weighs."""
    turns = [(name, kind) for name in FORMATS for kind in KINDS for _ in range(kind.weight)]
    random.Random(f"turns:{seed}").shuffle(turns)  # noqa: S311 - a run has to repeat
    return turns

"""Slices of the deliveries, each judged in a process; together they are the figures of a run."""

import multiprocessing
import os
import resource
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Final, NamedTuple

from tests.duckdb_sessions import forget_parsed, shared_instance
from tests.fuzz.bills.figures import Figures
from tests.fuzz.bills.judge import MEMORY_MB, judge
from tests.fuzz.bills.same_bills import differences

_AT_ONCE: Final = 100
_BILLS_AT_ONCE: Final = 15
_TASKS_OF_A_POOL: Final = 24
"""Then processes are started anew: they grow a little with each delivery."""
_KB_PER_MB: Final = 1024


class Slice(NamedTuple):
    numbers: range
    seed: int


Task = tuple[Callable[[Slice], Figures], Slice]


def judge_all(part: Slice) -> Figures:
    forget_parsed()
    figures = Figures()
    for number, judged in judge(part.numbers, part.seed, _own_folder()):
        figures.count(number, part.seed, judged.verdict, judged.what)
    figures.peak_mb = _peak_mb()
    return figures


def compare_all(part: Slice) -> Figures:
    forget_parsed()
    figures = Figures()
    numbers = list(part.numbers)
    try:
        differing = dict(differences(numbers, part.seed, _own_folder()))
    except Exception:  # noqa: BLE001 - whatever is no Fault is what is looked for
        what = f"or one of {len(numbers) - 1} after it: {traceback.format_exc(limit=-3)}"
        figures.count_bill(numbers[0], part.seed, "crashes", what)
    else:
        for number, what in differing.items():
            figures.count_bill(number, part.seed, "silent_wrong", what)
    figures.peak_mb = _peak_mb()
    return figures


def _peak_mb() -> int:
    """The most that this process has had since it was started, whatever it was doing."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _KB_PER_MB


def fuzz(first: int, files: int, bills: int, seed: int, processes: int) -> Figures:
    tasks = [
        *((judge_all, part) for part in _slices(range(first, first + files), _AT_ONCE, seed)),
        *(
            (compare_all, part)
            for part in _slices(range(first, first + bills), _BILLS_AT_ONCE, seed)
        ),
    ]
    figures = Figures()
    for at in range(0, len(tasks), _TASKS_OF_A_POOL):
        for done in _done(tasks[at : at + _TASKS_OF_A_POOL], processes):
            figures.add(done)
    return figures


def _done(tasks: Sequence[Task], processes: int) -> Iterator[Figures]:
    died = []
    with _pool(processes) as pool:
        asked = {pool.submit(work, part): (work, part) for work, part in tasks}
        for done in as_completed(asked):
            try:
                yield done.result()
            except BrokenProcessPool:
                died.append(asked[done])
    alone = [
        _alone(work, each) for work, part in died for each in _slices(part.numbers, 1, part.seed)
    ]
    yield from alone
    if died and not any(each.counts["crashes"] for each in alone):
        what = "crashes: a process died, which no delivery alone brings about"
        yield Figures(counts=Counter(crashes=1), faults=[what])


def _slices(numbers: range, at_once: int, seed: int) -> Iterator[Slice]:
    for at in range(0, len(numbers), at_once):
        yield Slice(numbers[at : at + at_once], seed)


@contextmanager
def _pool(processes: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that stay, so that each parses the product's scripts once."""
    spawn = multiprocessing.get_context("spawn")
    with (
        tempfile.TemporaryDirectory(prefix="fuzz-bills-") as home,
        ProcessPoolExecutor(processes, spawn, _start, (home,)) as pool,
    ):
        yield pool


def _start(home: str) -> None:
    os.chdir(home)
    sessions = ExitStack()
    spilled = _own_folder() / "spilled"
    sessions.enter_context(
        shared_instance(memory_limit=f"{MEMORY_MB}MB", temp_directory=str(spilled))
    )
    Finalize(None, sessions.close, exitpriority=0)


def _own_folder() -> Path:
    """Of this process, within the one that goes when all of them have."""
    return Path.cwd() / str(os.getpid())


def _alone(work: Callable[[Slice], Figures], part: Slice) -> Figures:
    """A process has died, and those that waited went with it: which delivery was it?"""
    try:
        with _pool(1) as pool:
            return pool.submit(work, part).result()
    except BrokenProcessPool:
        [number] = part.numbers
        figures = Figures()
        count = figures.count if work is judge_all else figures.count_bill
        count(number, part.seed, "crashes", "the process died")
        return figures

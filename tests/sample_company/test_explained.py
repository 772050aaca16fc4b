"""What docs/explain.md shows is what the command prints of the sample company's files."""

import shlex
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.sample_company import Sample
from services.attribution.engine import Run
from services.attribution.engine.attribute import Attribution, open_attribution
from services.attribution.engine.explain import explanation
from services.command.bill_files import BillFiles
from tests.trueback_command import ROOT, trueback

PROMPT = "$ trueback "


def shown() -> Iterator[tuple[str, str]]:
    """Each example's command, and what it is said to print."""
    for block in (ROOT / "docs/explain.md").read_text().split("```")[1::2]:
        command, _, printed = block.strip().partition("\n")
        if command.startswith(PROMPT):
            yield command.removeprefix(PROMPT), printed


@pytest.fixture(scope="module")
def one_split(
    attributed: tuple[Run, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Each explanation reads and splits the bill again; here the first one's split is kept.

    An explanation replaces the tables of the one before and leaves those of the split.
    """
    work = tmp_path_factory.mktemp("explained")
    parts = sorted((attributed[1] / "snapshot").glob("*.parquet"))
    split = Attribution.split
    kept: list[Attribution] = []

    @contextmanager
    def keep_snapshot(*_: Any) -> Iterator[tuple[SimpleNamespace, Path]]:
        yield SimpleNamespace(parts=parts), work

    @contextmanager
    def keep_open(**given: Any) -> Iterator[Attribution]:
        yield kept[0] if kept else stack.enter_context(open_attribution(**given))

    def split_once(attribution: Attribution, *inputs: Any) -> None:
        if attribution not in kept:
            split(attribution, *inputs)
            kept.append(attribution)

    with ExitStack() as stack, pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(BillFiles, "snapshot", keep_snapshot)
        monkeypatch.setattr(explanation, "open_attribution", keep_open)
        monkeypatch.setattr(Attribution, "split", split_once)
        yield


class TestTheExamples:
    def test_are_of_seven_kinds_of_line(self) -> None:
        assert len(list(shown())) == 7

    @pytest.mark.usefixtures("one_split")
    @pytest.mark.parametrize(("command", "printed"), list(shown()))
    def test_are_as_the_command_prints_them(
        self, sample: Sample, tmp_path: Path, command: str, printed: str
    ) -> None:
        files = {
            "--bill": sample.bill,
            "--config": sample.configuration,
            "--signals": sample.signals,
            "--workloads": sample.workloads,
        }
        given = [str(each) for pair in files.items() for each in pair]
        done = trueback(tmp_path, *shlex.split(command), *given)
        assert done.stdout.startswith(f"{printed}\n\nrun_"), done.stderr

"""What docs/explain.md shows is what the command prints of the sample company's files."""

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.sample_company import Sample
from services.attribution.domain.evidence import Explanation, Selection
from services.attribution.engine import Run
from services.attribution.engine.attribute import open_attribution
from services.attribution.engine.explain.explanation import explain_split
from services.command import explain
from services.command.bill_files import BillFiles
from shared.configuration import load_configuration
from shared.periods import Month
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
    sample: Sample, attributed: tuple[Run, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """The command reads and splits the bill for each explanation; here all are of one split."""
    with (
        open_attribution(
            config=load_configuration(sample.configuration),
            period=sample.period,
            scratch_dir=tmp_path_factory.mktemp("explained"),
            memory_limit_mb=1024,
        ) as attribution,
        pytest.MonkeyPatch.context() as monkeypatch,
    ):
        parts = sorted((attributed[1] / "snapshot").glob("*.parquet"))
        attribution.split(parts, [sample.signals], [sample.workloads])

        def of_split(_: BillFiles, __: Month, selection: Selection, rows_max: int) -> Explanation:
            return explain_split(attribution, selection, rows_max=rows_max)

        monkeypatch.setattr(explain, "_of_files", of_split)
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

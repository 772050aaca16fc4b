"""What docs/explain.md shows is what the command prints of the sample company's files."""

import shlex

import pytest

from deploy.sample_company import SampleMonth, write_sample
from deploy.sample_company.write import CUR_2
from tests.bills import OCTOBER
from tests.command.test_attribute_command import ROOT, trueback

PROMPT = "$ trueback "


def shown():
    """Each example's command, and what it is said to print."""
    for block in (ROOT / "docs/explain.md").read_text().split("```")[1::2]:
        command, _, printed = block.strip().partition("\n")
        if command.startswith(PROMPT):
            yield command.removeprefix(PROMPT), printed


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    root = tmp_path_factory.mktemp("sample")
    return write_sample(root=root, month=SampleMonth(anchor=OCTOBER), seed=1, formats=[CUR_2])


class TestTheExamples:
    def test_are_of_seven_kinds_of_line(self):
        assert len(list(shown())) == 7

    @pytest.mark.parametrize(("command", "printed"), list(shown()))
    def test_are_as_the_command_prints_them(self, sample, tmp_path, command, printed):
        files = {
            "--bill": sample.bill,
            "--config": sample.configuration,
            "--signals": sample.signals,
            "--workloads": sample.workloads,
        }
        given = [str(each) for pair in files.items() for each in pair]
        done = trueback(tmp_path, *shlex.split(command), *given)
        assert done.stdout.startswith(f"{printed}\n\nrun_"), done.stderr

"""A path that is wrong is a clear fault of whoever gave it, whatever it was given for."""

import os
import re

import pytest

from tests.bills import focus_line, write_focus, write_signals
from tests.command.test_attribute_command import attribute
from tests.command.test_explain_command import POOLED
from tests.trueback_command import trueback

FILES = ("--bill", "bill.csv", "--config", "trueback.yaml")
TOO_LONG = "n" * 300
CLOSED = pytest.mark.skipif(os.geteuid() == 0, reason="root reads all")


@pytest.fixture
def work(tmp_path):
    (tmp_path / "trueback.yaml").write_text(POOLED)
    write_focus(tmp_path / "bill.csv", [focus_line(tags={"customer": "acme"})])
    write_signals(tmp_path / "signals.csv", "bytes 2026-10-03T04:00:00Z acme 3")
    (tmp_path / "empty").mkdir()
    (tmp_path / "letter").mkdir()
    (tmp_path / "letter/dear.txt").write_text("dear")
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked/signals.csv").symlink_to("nowhere")
    (tmp_path / "nothing.csv").symlink_to("nowhere")
    (tmp_path / "round.csv").symlink_to("round.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    return tmp_path


@pytest.fixture
def closed(work):
    (work / "closed").mkdir()
    write_signals(work / "closed/signals.csv", "bytes 2026-10-03T04:00:00Z acme 3")
    (work / "open").mkdir()
    write_signals(work / "open/signals.csv", "bytes 2026-10-03T04:00:00Z acme 3")
    (work / "open/closed").mkdir()
    for folder in ("closed", "open/closed"):
        (work / folder).chmod(0)
    yield work
    for folder in ("closed", "open/closed"):
        (work / folder).chmod(0o700)


def refusal(done):
    """What a person reads of it, without the frame that typer draws."""
    return re.sub(r"[\s│╭╮╰╯─]+", " ", done.stderr)


class TestSignals:
    @pytest.mark.parametrize(
        ("path", "words"),
        [
            ("missing.csv", "missing.csv: can't be read: No such file"),
            ("bill.csv/signals.csv", "bill.csv/signals.csv: can't be read: Not a directory"),
            ("empty", "empty: no signal file is here"),
            ("letter", "letter: no signal file is here"),
            ("linked", "linked/signals.csv: can't be read: No such file"),
            ("nothing.csv", "nothing.csv: can't be read: No such file"),
            ("round.csv", "round.csv: can't be read: Too many levels"),
            ("pipe.csv", "pipe.csv: it is no file"),
            (TOO_LONG, "can't be read: File name too long"),
        ],
    )
    def test_that_are_not_there_are_refused_with_their_path(self, work, path, words):
        done = attribute(work, signals=path)
        assert done.returncode == 4
        assert words in refusal(done)
        assert not (work / "out").exists()

    @pytest.mark.parametrize(
        "command",
        [
            ["explain", "2026-10", "acme", *FILES],
            ["export", "focus", "2026-10", "--out", "focus", *FILES],
            [
                *("what-if", "2026-10", "--config", "trueback.yaml"),
                *("--bill", "bill.csv", "--before", "trueback.yaml"),
            ],
        ],
    )
    def test_are_refused_by_each_command_that_takes_them(self, work, command):
        done = trueback(work, *command, "--signals", "missing.csv")
        assert done.returncode == 4
        assert "missing.csv: can't be read: No such file" in refusal(done)

    @CLOSED
    @pytest.mark.parametrize(
        ("path", "code"), [("closed", 2), ("closed/signals.csv", 4), ("open", 4)]
    )
    def test_in_a_folder_that_is_closed_are_refused_and_not_left_out(self, closed, path, code):
        done = attribute(closed, signals=path)
        assert done.returncode == code
        assert "closed" in refusal(done)


class TestTheBill:
    @pytest.mark.parametrize(
        "path",
        ["missing.csv", "bill.csv/bill.csv", "empty", "letter", "nothing.csv", "round.csv"],
    )
    def test_that_is_not_there_is_refused_with_its_path(self, work, path):
        done = attribute(work, bill=path)
        assert done.returncode == 4
        assert f"trueback: {path}: " in refusal(done)

    def test_whose_name_is_too_long_is_refused(self, work):
        done = attribute(work, bill=TOO_LONG)
        assert done.returncode == 4
        assert "can't be read: File name too long" in refusal(done)

    @CLOSED
    @pytest.mark.parametrize("path", ["closed", "closed/bill.csv", "open"])
    def test_in_a_folder_that_is_closed_is_refused(self, closed, path):
        done = attribute(closed, bill=path)
        assert done.returncode == 4
        assert "closed" in refusal(done)
        assert "Permission denied" in refusal(done)


class TestTheRuleset:
    @pytest.mark.parametrize("path", ["missing.yaml", "empty", "nothing.csv", TOO_LONG])
    def test_that_is_not_there_is_refused_as_configuration(self, work, path):
        done = attribute(work, config=path)
        assert done.returncode == 3
        assert "can't be read: " in refusal(done)
        assert "Check its name" in refusal(done)


class TestTheFolderOfWhatComesOut:
    @pytest.mark.parametrize(
        ("path", "words"),
        [
            ("bill.csv", "bill.csv is a file"),
            ("bill.csv/out", "bill.csv/out can't be written"),
            ("nothing.csv", "nothing.csv is a link to nothing"),
            ("round.csv", "round.csv is a link to nothing"),
            (TOO_LONG, "can't be written: File name too long"),
        ],
    )
    @pytest.mark.parametrize("command", ["attribute", "export"])
    def test_that_can_not_be_is_of_usage(self, work, path, words, command):
        if command == "attribute":
            done = attribute(work, out=path)
        else:
            done = trueback(work, "export", "focus", "2026-10", "--out", path, *FILES)
        assert done.returncode == 2
        assert words in refusal(done)

    @CLOSED
    @pytest.mark.parametrize("command", ["attribute", "export"])
    def test_that_is_closed_is_of_usage(self, closed, command):
        if command == "attribute":
            done = attribute(closed, out="closed/out")
        else:
            done = trueback(closed, "export", "focus", "2026-10", "--out", "closed/out", *FILES)
        assert done.returncode == 2
        assert "can't be written: Permission denied" in refusal(done)

import importlib.util

import pytest

from deploy.commands import requirements
from services.command import extra
from services.command.main import main


@pytest.mark.parametrize(
    "command",
    [["demo"], ["up"], ["down"], ["sign-in", "ada"], ["close", "2026-10"], ["token", "invoicing"]],
)
def test_without_the_servers_says_how_to_install_them(command, monkeypatch, capsys):
    real = importlib.util.find_spec
    monkeypatch.setattr(
        requirements.importlib.util,
        "find_spec",
        lambda name: None if name == "django" else real(name),
    )
    monkeypatch.setattr("sys.argv", ["trueback", *command])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 3
    assert "django are missing" in capsys.readouterr().err.replace(" is ", " are ")


def test_demo_says_how_its_anchor_is_written(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["trueback", "demo", "--anchor", "October"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "2026-10" in capsys.readouterr().err


class TestWithoutTheExtra:
    @pytest.fixture(autouse=True)
    def nothing_installed(self, monkeypatch):
        monkeypatch.setattr(extra, "entry_points", lambda **_: ())

    def run(self, monkeypatch, *arguments):
        monkeypatch.setattr("sys.argv", ["trueback", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code

    @pytest.mark.parametrize(
        "arguments",
        [
            *([name] for name in extra.COMMANDS),
            ["demo", "--check", "--anchor", "2026-10"],
            ["up", "--help"],
            ["token", "invoicing", "--role", "operator_viewer"],
            ["replay", "2026-10"],
            ["explain", "2026-10", "acme"],
        ],
    )
    def test_a_command_names_it(self, arguments, monkeypatch, capsys):
        assert self.run(monkeypatch, *arguments) == 3
        told = capsys.readouterr().err
        assert "the extra `local` is missing" in told
        assert "pip install '.[local]' ./deploy" in told

    def test_the_help_says_which_commands_need_it(self, monkeypatch, capsys):
        monkeypatch.setenv("COLUMNS", "200")
        assert self.run(monkeypatch, "--help") == 0
        assert capsys.readouterr().out.count("Needs the extra `local`.") == len(extra.COMMANDS)

    def test_doctor_says_how_to_install_it(self, monkeypatch, capsys):
        assert self.run(monkeypatch, "doctor") == 1
        told = capsys.readouterr().out
        assert "trueback demo, up: 1 missing" in told
        assert "pip install '.[local]' ./deploy" in told


def test_the_extra_brings_the_commands_that_are_named_after_it():
    brought = dict(extra.commands())
    assert list(brought) == list(extra.COMMANDS)
    helps = {name: (command.__doc__ or "").splitlines()[0] for name, command in brought.items()}
    assert helps == extra.COMMANDS

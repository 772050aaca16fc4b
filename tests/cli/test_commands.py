import importlib.util

import pytest

from deploy.cli import requirements
from deploy.cli.main import main


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

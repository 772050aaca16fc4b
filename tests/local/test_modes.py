"""A stack is live unless `trueback demo` or a test starts it, and its folder remembers which."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from deploy.commands import stack as commands
from deploy.local import servers, session, supervisor
from deploy.local.credentials import SERVICES
from deploy.local.home import Home
from deploy.local.plan import WHOLE_STACK
from deploy.local.ports import assign_ports
from deploy.local.servers import Servers, find_servers, prepare_servers
from deploy.local.session import reset_home
from deploy.local.stack import assets_process, service_processes
from services.command.main import main
from shared.faults import BadConfiguration
from shared.vocabulary.modes import Mode

OTHERS = [(kept, asked) for kept in Mode for asked in Mode if kept != asked]
STRIPE = {
    "TRUEBACK_STRIPE_API_KEY": "rk_live_of_the_person",
    "TRUEBACK_STRIPE_WEBHOOK_SECRET": "whsec_of_the_person",
}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.create()
    return made


@pytest.fixture(autouse=True)
def nothing_of_stripes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*STRIPE, "TRUEBACK_STRIPE_API_BASE"):
        monkeypatch.delenv(name, raising=False)


def environments(servers: Servers) -> Iterator[tuple[str, dict[str, str]]]:
    for process in service_processes(servers):
        yield process.name, dict(process.env)


class Started(Exception):
    """In place of a start."""


class TestAFolder:
    @pytest.mark.parametrize("mode", Mode)
    def test_remembers_its_mode(self, home: Home, mode: Mode) -> None:
        prepare_servers(home, mode)
        assert home.mode == mode
        assert find_servers(home).mode == mode
        assert prepare_servers(home, mode).mode == mode

    @pytest.mark.parametrize("mode", Mode)
    def test_prefers_the_port_that_a_person_types_but_in_tests(
        self, home: Home, mode: Mode, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[Mapping[str, int]] = []

        def assign(
            names: Sequence[str], file: Path, *, preferred: Mapping[str, int]
        ) -> dict[str, int]:
            asked.append(preferred)
            return assign_ports(names, file)

        monkeypatch.setattr(servers, "assign_ports", assign)
        prepare_servers(home, mode)
        assert asked == [{} if mode == Mode.TEST else {"portal": 8400}]

    @pytest.mark.parametrize(("kept", "asked"), OTHERS)
    def test_is_refused_to_another_mode(self, home: Home, kept: Mode, asked: Mode) -> None:
        prepare_servers(home, kept)
        before = {path: path.stat().st_mtime_ns for path in home.path.rglob("*")}
        with pytest.raises(BadConfiguration) as refused:
            prepare_servers(home, asked)
        assert refused.value.file == str(home.path)
        assert f"holds a {kept} stack" in refused.value.message
        assert f"would start a {asked} one" in refused.value.message
        assert "Set TRUEBACK_HOME to another folder" in refused.value.remedy
        assert ("--reset" in refused.value.remedy) is (kept != Mode.LIVE)
        assert {path: path.stat().st_mtime_ns for path in home.path.rglob("*")} == before

    def test_of_a_release_that_wrote_no_mode_down_is_a_demos(self, home: Home) -> None:
        prepare_servers(home, Mode.LIVE)
        home.mode_file.unlink()
        with pytest.raises(BadConfiguration, match="holds a demo stack"):
            prepare_servers(home, Mode.LIVE)
        assert prepare_servers(home, Mode.DEMO).mode == Mode.DEMO

    def test_whose_mode_can_not_be_read_is_nobodys(self, home: Home) -> None:
        home.mode_file.write_text("production\n")
        with pytest.raises(BadConfiguration, match="'production' is no mode"):
            prepare_servers(home, Mode.LIVE)

    @pytest.mark.parametrize("kept", Mode)
    @pytest.mark.parametrize("asked", Mode)
    def test_of_a_live_stack_is_deleted_for_a_live_one_alone(
        self, home: Home, kept: Mode, asked: Mode
    ) -> None:
        prepare_servers(home, kept)
        if kept == Mode.LIVE != asked:
            with pytest.raises(BadConfiguration, match="holds a live stack"):
                reset_home(home, asked)
            assert home.secrets.exists()
        else:
            reset_home(home, asked)
            assert home.mode is None


class TestTheCommands:
    """What starts a stack names its mode; what else there is has none to name."""

    @pytest.fixture
    def started(self, monkeypatch: pytest.MonkeyPatch, home: Home) -> list[Mode]:
        """The modes that supervisors were asked for, in place of starting one."""
        modes: list[Mode] = []

        def start(_home: Home, mode: Mode, *_: Any, **__: Any) -> None:
            modes.append(mode)
            raise Started

        monkeypatch.setenv("TRUEBACK_HOME", str(home.path))
        monkeypatch.setenv("TRUEBACK_ENVIRONMENT", "demo")
        monkeypatch.setattr(session, "_start", start)
        monkeypatch.setattr(supervisor, "supervise", start)
        return modes

    @pytest.mark.parametrize(
        ("arguments", "mode"),
        [
            (["up"], Mode.LIVE),
            (["up", "--detach"], Mode.LIVE),
            (["up", "--reset"], Mode.LIVE),
            (["demo"], Mode.DEMO),
            (["demo", "--check"], Mode.DEMO),
        ],
    )
    def test_start_their_own_mode_whatever_the_shell_says(
        self, started: list[Mode], monkeypatch: pytest.MonkeyPatch, arguments: list[str], mode: Mode
    ) -> None:
        monkeypatch.setattr(sys, "argv", ["trueback", *arguments])
        with pytest.raises(Started):
            main()
        assert started == [mode]

    @pytest.mark.parametrize("arguments", [["up"], ["up", "--detach"], ["demo"]])
    def test_are_refused_in_a_folder_of_the_other_mode(
        self, home: Home, monkeypatch: pytest.MonkeyPatch, capsys: Any, arguments: list[str]
    ) -> None:
        kept = Mode.LIVE if arguments == ["demo"] else Mode.DEMO
        prepare_servers(home, kept)
        monkeypatch.setenv("TRUEBACK_HOME", str(home.path))
        monkeypatch.setattr(sys, "argv", ["trueback", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 3
        complaint = " ".join(capsys.readouterr().err.split())
        assert f"{home.path}: the folder holds a {kept} stack" in complaint

    def test_the_demo_deletes_no_live_stack(
        self, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        prepare_servers(home, Mode.LIVE)
        monkeypatch.setenv("TRUEBACK_HOME", str(home.path))
        monkeypatch.setattr(sys, "argv", ["trueback", "demo", "--reset"])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 3
        assert home.mode == Mode.LIVE


class TestALiveStack:
    def test_is_live_in_every_process_whatever_the_shell_says(
        self, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TRUEBACK_ENVIRONMENT", "demo")
        servers = prepare_servers(home, Mode.LIVE)
        modes = {env["TRUEBACK_ENVIRONMENT"] for _, env in environments(servers)}
        assert modes == {Mode.LIVE}

    def test_has_no_stand_in_and_nothing_of_one(self, home: Home) -> None:
        servers = prepare_servers(home, Mode.LIVE)
        names = {process.name for process in WHOLE_STACK[Mode.LIVE].slow_servers(servers)}
        assert names == {"s3"}
        told = json.dumps([env for _, env in environments(servers)])
        assert servers.credentials["stripe.api_key"] not in told
        assert servers.credentials["stripe.webhook"] not in told
        assert servers.stripe_url not in told
        assert "TRUEBACK_STRIPE" not in told

    def test_gives_the_persons_keys_to_invoicing_alone(
        self, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in STRIPE.items():
            monkeypatch.setenv(name, value)
        for name, env in environments(prepare_servers(home, Mode.LIVE)):
            given = {key: text for key, text in env.items() if "STRIPE" in key}
            assert given == (STRIPE if name.startswith("invoicing.") else {}), name
        assert not [key for key in assets_process().env if key.startswith("TRUEBACK_")]

    def test_keeps_no_key(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TRUEBACK_STRIPE_API_KEY", STRIPE["TRUEBACK_STRIPE_API_KEY"])
        prepare_servers(home, Mode.LIVE).service_environment("invoicing")
        kept = [path.read_bytes() for path in home.path.rglob("*") if path.is_file()]
        assert not [text for text in kept if STRIPE["TRUEBACK_STRIPE_API_KEY"].encode() in text]

    def test_passes_a_stand_in_on_to_be_refused(
        self, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Invoicing does not start with it; see tests/invoicing/test_without_stripe.py."""
        monkeypatch.setenv("TRUEBACK_STRIPE_API_BASE", "http://127.0.0.1:4000")
        given = prepare_servers(home, Mode.LIVE).service_environment("invoicing")
        assert given["TRUEBACK_STRIPE_API_BASE"] == "http://127.0.0.1:4000"


class TestADemoAndATest:
    @pytest.mark.parametrize("mode", [Mode.DEMO, Mode.TEST])
    def test_bill_against_the_stand_in_whatever_the_shell_says(
        self, home: Home, monkeypatch: pytest.MonkeyPatch, mode: Mode
    ) -> None:
        for name, value in STRIPE.items():
            monkeypatch.setenv(name, value)
        servers = prepare_servers(home, mode)
        assert "stripe" in {one.name for one in WHOLE_STACK[mode].slow_servers(servers)}
        given = servers.service_environment("invoicing")
        assert given["TRUEBACK_STRIPE_API_BASE"] == servers.stripe_url
        assert not set(STRIPE.values()) & set(given.values())

    def test_every_mode_has_its_plan(self) -> None:
        assert set(WHOLE_STACK) == set(Mode)
        assert len(SERVICES) == 4


def test_up_says_what_is_missing_to_issue(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare_servers(home, Mode.LIVE)
    monkeypatch.setenv("TRUEBACK_HOME", str(home.path))
    monkeypatch.setattr(session, "_start", lambda *_, **__: None)
    monkeypatch.setattr(session, "_follow", lambda *_: None)
    monkeypatch.setattr(sys, "argv", ["trueback", "up", "--detach"])
    for key, says_so in (("", True), ("rk_live_1", False)):
        monkeypatch.setenv("TRUEBACK_STRIPE_API_KEY", key)
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 0
        assert (commands.NO_STRIPE in capsys.readouterr().out) is says_so

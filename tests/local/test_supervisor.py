import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local.credentials import load_credentials
from deploy.local.home import Home
from deploy.local.leftovers import marked_processes, memory_mb
from deploy.local.ports import assign_ports
from deploy.local.session import stop_stack
from deploy.local.state import StackState, is_running, read_state
from shared.faults import BadConfiguration, Fault

ROOT = Path(__file__).parents[2]
TINY = Path(__file__).with_name("tiny_stack.py")


def wait_for(holds: Callable[[], bool], *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


class Tiny:
    def __init__(self, home: Home) -> None:
        self.home = home
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        supervisor = subprocess.Popen(
            [sys.executable, str(TINY), str(self.home.path), *arguments],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
        )
        self.started.append(supervisor)
        return supervisor

    def start_ready(self) -> StackState:
        self.start()
        wait_for(lambda: (state := self.state()) is not None and state.ready)
        state = self.state()
        assert state is not None
        # The stubborn one counts once its child is there and neither can be asked to end.
        wait_for(lambda: self.log().count("stubborn is here") == 2)
        wait_for(lambda: "steady is here" in self.log())
        return state

    def state(self) -> StackState | None:
        return read_state(self.home)

    def log(self) -> str:
        file = self.home.log / "trueback.log"
        return file.read_text() if file.exists() else ""

    def pid(self, name: str) -> int:
        state = self.state()
        assert state is not None
        return next(process.pid for process in state.processes if process.name == name)

    def alive(self) -> list[int]:
        return marked_processes(load_credentials(self.home)["stack"])


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Tiny]:
    made = Tiny(Home(tmp_path))
    yield made
    for supervisor in made.started:
        supervisor.terminate()
        supervisor.communicate(timeout=20)
    wait_for(lambda: not is_running(made.home))
    assert made.alive() == []


class TestSupervisor:
    def test_writes_one_log_with_the_name_of_who_speaks(self, tiny: Tiny) -> None:
        tiny.start_ready()
        spoken = [line.split("Z ", 1)[1] for line in tiny.log().splitlines()]
        assert any(line.startswith("steady ") and "| steady is here" in line for line in spoken)
        assert any(line.startswith("built ") for line in spoken)

    def test_starts_again_what_dies_children_and_all(self, tiny: Tiny) -> None:
        tiny.start_ready()
        before = tiny.pid("stubborn")
        os.kill(before, signal.SIGKILL)
        wait_for(lambda: tiny.log().count("stubborn is here") == 4)
        wait_for(lambda: tiny.pid("stubborn") != before)
        assert "was ended by SIGKILL" in tiny.log()
        assert len(tiny.alive()) == 3  # steady, stubborn and its child: the old child is gone

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_leaves_nothing_behind_when_asked_to_end(
        self, tiny: Tiny, number: signal.Signals
    ) -> None:
        tiny.start_ready()
        assert len(tiny.alive()) == 3
        tiny.started[0].send_signal(number)
        assert tiny.started[0].wait(20) == 0
        assert tiny.alive() == []
        assert tiny.state() is None

    def test_leaves_nothing_behind_when_killed(self, tiny: Tiny) -> None:
        tiny.start_ready()
        tiny.started[0].kill()
        wait_for(lambda: tiny.alive() == [])
        tiny.start_ready()

    def test_refuses_a_second_one_in_the_same_home(self, tiny: Tiny) -> None:
        tiny.start_ready()
        second = tiny.start()
        _, complaint = second.communicate(timeout=20)
        assert second.returncode != 0
        assert b"A stack already runs here" in complaint
        assert tiny.state() is not None

    def test_says_who_never_gets_ready_and_stops_nobody(self, tiny: Tiny) -> None:
        supervisor = tiny.start("broken")
        wait_for(lambda: (state := tiny.state()) is not None and state.failure != "")
        state = tiny.state()
        assert state is not None
        assert not state.ready
        assert "broken ended with exit code 7, 3 times" in state.failure
        assert "no luck today" in state.failure
        # It is tried again, now and then for ever.
        wait_for(lambda: tiny.log().count("no luck today") > 3 or supervisor.poll() is not None)
        assert supervisor.poll() is None
        assert tiny.pid("steady") in tiny.alive()

    def test_measures_the_memory_of_all(self, tiny: Tiny) -> None:
        tiny.start_ready()
        assert 0 < memory_mb(tiny.alive()) < 200
        wait_for(lambda: (state := tiny.state()) is not None and state.peak_mb > 0)


class TestDown:
    def test_ends_what_runs_and_says_whether_anything_did(self, tiny: Tiny) -> None:
        tiny.start_ready()
        assert stop_stack(tiny.home, tiny.started[0])
        assert tiny.alive() == []
        assert not stop_stack(tiny.home)


class TestPorts:
    def test_are_kept_unless_somebody_else_has_taken_them(self, tmp_path: Path) -> None:
        file = tmp_path / "ports.json"
        first = assign_ports(["a", "b"], file)
        assert assign_ports(["a", "b"], file) == first
        with _listening_on(first["a"]):
            second = assign_ports(["a", "b"], file)
        assert second["a"] != first["a"]
        assert second["b"] == first["b"]

    def test_that_are_set_are_taken_or_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        free = assign_ports(["x"], tmp_path / "other.json")["x"]
        monkeypatch.setenv("TRUEBACK_PORT_A", str(free))
        assert assign_ports(["a"], tmp_path / "ports.json")["a"] == free
        with _listening_on(free), pytest.raises(BadConfiguration, match="TRUEBACK_PORT_A"):
            assign_ports(["a"], tmp_path / "ports.json")
        monkeypatch.setenv("TRUEBACK_PORT_A", "eighty")
        with pytest.raises(Fault, match="not a port"):
            assign_ports(["a"], tmp_path / "ports.json")


def _listening_on(port: int) -> socket.socket:
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", port))
    server.listen()
    return server

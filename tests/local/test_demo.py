import io
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from deploy.demo.run import REPORT_KEYS, is_good, make_report, run_beside, show, stay_up
from deploy.local.home import Home
from deploy.local.progress import Progress
from deploy.local.servers import Servers
from deploy.local.state import only_one
from deploy.local.waiting import Stuck
from shared.faults import Fault

FOUND: dict[str, Any] = {
    **dict.fromkeys(REPORT_KEYS[:5], "1.5"),
    "difference": "0",
    "truth_mismatches": 0,
    "restated_tenants": 12,
    "tenants": 12,
    "invoices_drafted": 28,
    "invoices_issued": 19,
    "stripe_invoices": 19,
    "stripe_equals_ours": True,
    "true_up_documents": 8,
    "credit_notes": 6,
    "debits": 2,
    "true_up_difference": "0",
    "waived": "0",
    "ledger_difference": "0",
    "statement_differences": 0,
}


class TestReport:
    def test_has_the_promised_keys_in_order(self) -> None:
        report = make_report({**FOUND, "extra": 1}, seconds_to_ready=1.5, peak_mb=900)
        assert tuple(report) == REPORT_KEYS
        assert is_good(report)

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("difference", "0.0000000001"),
            ("truth_mismatches", 1),
            ("restated_tenants", 0),
            ("stripe_equals_ours", False),
            ("true_up_documents", 0),
            ("true_up_difference", "0.01"),
            ("ledger_difference", "0.01"),
            ("statement_differences", 1),
        ],
    )
    def test_is_not_good_where_a_proof_fails(self, key: str, value: object) -> None:
        report = make_report({**FOUND, key: value}, seconds_to_ready=1.5, peak_mb=900)
        assert not is_good(report)

    def test_refuses_to_leave_something_out(self) -> None:
        found = {key: value for key, value in FOUND.items() if key != "tenants"}
        with pytest.raises(Fault, match="tenants"):
            make_report(found, seconds_to_ready=1.5, peak_mb=900)


class _Stuck:
    """A stack whose sample does not go on; it is stopped while the person reads so."""

    def __init__(self, home: Home, running: ExitStack) -> None:
        self.home = home
        self._running = running

    @property
    def servers(self) -> Servers:
        raise Stuck("nothing has moved", file="trueback.log")

    @property
    def portal_url(self) -> str:
        self._running.close()
        return "http://127.0.0.1:8400"


class TestACommandBeside:
    def test_knows_where_the_stack_is_and_leaves_standard_output_to_the_report(
        self, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        assert run_beside(Home(tmp_path), "sh -c 'echo $TRUEBACK_HOME'") == 0
        assert capfd.readouterr() == ("", f"{tmp_path}\n")

    def test_fails_the_demo_where_it_fails(self, tmp_path: Path) -> None:
        assert run_beside(Home(tmp_path), "sh -c 'exit 3'") == 3


@pytest.fixture
def interrupt() -> Iterator[None]:
    """Whoever stays up does not heed it any more at the end."""
    handler = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, handler)


@pytest.mark.usefixtures("interrupt")
def test_a_sample_that_does_not_go_on_leaves_the_stack_up_and_says_how_to_go_on(
    tmp_path: Path,
) -> None:
    home = Home(tmp_path)
    home.create()
    output = io.StringIO()
    with ExitStack() as running:
        running.enter_context(only_one(home))
        stack: Any = _Stuck(home, running)
        assert show(stack, Progress(Console(file=output)), anchor=None, started=0.0) == 1
    shown = output.getvalue()
    assert "trueback.log: nothing has moved" in shown
    assert "what works stays up" in shown
    assert "`trueback demo` goes on from here" in shown
    assert "Ctrl-C stops everything." in shown


def test_a_sample_whose_stack_has_ended_is_a_failure(tmp_path: Path) -> None:
    stack: Any = _Stuck(Home(tmp_path), ExitStack())
    with pytest.raises(Stuck):
        show(stack, Progress(Console(file=io.StringIO())), anchor=None, started=0.0)


@pytest.mark.usefixtures("interrupt")
@pytest.mark.timeout(30)
def test_the_demo_ends_when_its_stack_was_stopped_from_elsewhere(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.create()
    said = io.StringIO()
    stay_up(Progress(Console(file=said)), home)
    assert "stopped from elsewhere" in said.getvalue()

import io
import signal
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from deploy.demo.run import REPORT_KEYS, is_good, make_report, run_beside, stay_up
from deploy.local.home import Home
from deploy.local.progress import Progress
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
        ],
    )
    def test_is_not_good_where_a_proof_fails(self, key: str, value: object) -> None:
        report = make_report({**FOUND, key: value}, seconds_to_ready=1.5, peak_mb=900)
        assert not is_good(report)

    def test_refuses_to_leave_something_out(self) -> None:
        found = {key: value for key, value in FOUND.items() if key != "tenants"}
        with pytest.raises(Fault, match="tenants"):
            make_report(found, seconds_to_ready=1.5, peak_mb=900)


class TestACommandBeside:
    def test_knows_where_the_stack_is_and_leaves_standard_output_to_the_report(
        self, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        assert run_beside(Home(tmp_path), "sh -c 'echo $TRUEBACK_HOME'") == 0
        assert capfd.readouterr() == ("", f"{tmp_path}\n")

    def test_fails_the_demo_where_it_fails(self, tmp_path: Path) -> None:
        assert run_beside(Home(tmp_path), "sh -c 'exit 3'") == 3


@pytest.mark.timeout(30)
def test_the_demo_ends_when_its_stack_was_stopped_from_elsewhere(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.create()
    said = io.StringIO()
    interrupt = signal.getsignal(signal.SIGINT)
    try:
        stay_up(Progress(Console(file=said)), home, 1.0)
    finally:
        signal.signal(signal.SIGINT, interrupt)
    assert "stopped from elsewhere" in said.getvalue()

"""`trueback demo`: the whole line once, on real servers, with made-up bills of four months."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from typing import Any, Final

from rich.console import Console

from deploy.demo.formats import compare_formats
from deploy.demo.line import business_date, last_full_month, run_sample_line
from deploy.local.business_date import keep_business_date
from deploy.local.home import Home
from deploy.local.progress import Progress
from deploy.local.session import fail, peak_mb, stack_session
from deploy.local.stack import Stack
from deploy.local.state import is_running
from shared.faults import Fault
from shared.periods import Month
from shared.vocabulary.modes import Mode

# The last line of `--check`, in this order; amounts are text.
REPORT_KEYS: Final = (
    "bill_total",
    "attributed_total",
    "overhead_total",
    "unallocated_total",
    "excluded_total",
    "difference",
    "truth_mismatches",
    "restated_tenants",
    "tenants",
    "invoices_drafted",
    "invoices_issued",
    "stripe_invoices",
    "stripe_equals_ours",
    "true_up_documents",
    "credit_notes",
    "debits",
    "true_up_difference",
    "waived",
    "ledger_difference",
    "statement_differences",
    "seconds_to_ready",
    "peak_mb",
)
_FAILED: Final = 1
_MEMORY_SAMPLE_SECONDS: Final = 2.5
_LOOK_SECONDS: Final = 1


def run_demo(*, home: Home, check: bool, anchor: Month | None = None, then: str = "") -> int:
    """The exit code. With `check` nobody is waited for and the last line out is the report.

    `anchor` is the month that is closed and restated; the last full one if None. `then` is a
    command that is run once the checks are done, before the stack stops; it must succeed too.
    """
    started = time.monotonic()
    # What a person reads goes to standard error where a program reads standard output.
    progress = Progress(Console(stderr=check))
    progress.title(f"trueback demo   data in {home.path} (delete any time)")
    home.require_mode(Mode.DEMO)
    keep_business_date(home, business_date(anchor or last_full_month()))

    listener = progress.listener(on_trouble=fail if check else None)
    with stack_session(home, Mode.DEMO, listener) as stack:
        if not check:
            return show(stack, progress, anchor=anchor, started=started)
        figures = run_sample_line(stack, progress, anchor=anchor)
        seconds = round(time.monotonic() - started, 1)
        figures["truth_mismatches"] += _count_in_other_formats(stack, progress, anchor)
        time.sleep(_MEMORY_SAMPLE_SECONDS)
        report = make_report(figures, seconds_to_ready=seconds, peak_mb=peak_mb(home))
        is_well = is_good(report) and (not then or run_beside(home, then) == 0)
    sys.stdout.write(json.dumps(report) + "\n")
    return 0 if is_well else _FAILED


def show(stack: Stack, progress: Progress, *, anchor: Month | None, started: float) -> int:
    """Whatever comes of the sample, the stack stays up until it is stopped; the exit code."""
    home = stack.home
    try:
        run_sample_line(stack, progress, anchor=anchor)
    except Fault as fault:
        if not is_running(home):
            raise
        progress.note(str(fault))
        progress.title(f"not ready after {time.monotonic() - started:.0f} s; what works stays up")
        progress.link("portal", stack.portal_url)
        progress.note("In another terminal, `trueback sign-in ada` makes a link to sign in.")
        progress.note("Once stopped, `trueback demo` goes on from here: nothing is done twice.")
        stay_up(progress, home)
        return _FAILED
    seconds = round(time.monotonic() - started, 1)
    progress.title(f"ready after {seconds} s, {peak_mb(home)} MB at most")
    stay_up(progress, home)
    return 0


def make_report(
    figures: dict[str, Any], *, seconds_to_ready: float, peak_mb: int
) -> dict[str, Any]:
    known = {**figures, "seconds_to_ready": seconds_to_ready, "peak_mb": peak_mb}
    absent = [key for key in REPORT_KEYS if key not in known]
    if absent:
        raise Fault(f"The sample line did not report {', '.join(absent)}.")
    return {key: known[key] for key in REPORT_KEYS}


def is_good(report: dict[str, Any]) -> bool:
    return (
        report["difference"] == "0"
        and report["truth_mismatches"] == 0
        and report["restated_tenants"] > 0
        and report["stripe_equals_ours"] is True
        and report["true_up_documents"] > 0
        and report["true_up_difference"] == "0"
        and report["ledger_difference"] == "0"
        and report["statement_differences"] == 0
    )


def run_beside(home: Home, command: str) -> int:
    """The exit code of a command that looks at the stack in TRUEBACK_HOME while it is up.

    What it prints goes to standard error: the last line of standard output is the report.
    """
    environment = {**os.environ, "TRUEBACK_HOME": str(home.path)}
    return subprocess.call(shlex.split(command), stdout=sys.stderr, env=environment)


def _count_in_other_formats(stack: Stack, progress: Progress, anchor: Month | None) -> int:
    with progress.step("other formats") as step:
        findings = compare_formats(stack, anchor=anchor, say=progress.now)
        for finding in findings:
            progress.note(finding)
        step.text = f"the same as FOCUS 1.2 and as legacy CUR: {len(findings)} differences"
    return len(findings)


def stay_up(progress: Progress, home: Home) -> None:
    progress.show_links()
    progress.note(f"log: {home.log / 'trueback.log'}")
    progress.note("Ctrl-C stops everything.")
    waiting = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, waiting)
    try:
        while signal.sigtimedwait(waiting, _LOOK_SECONDS) is None and is_running(home):
            continue
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # impatience must not cut the end short
        signal.pthread_sigmask(signal.SIG_UNBLOCK, waiting)
    progress.title("stopping ..." if is_running(home) else "stopped from elsewhere")

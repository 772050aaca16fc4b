"""What moves in a stack: the processor time of those that something is waited for from."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from deploy.local.home import Home
from deploy.local.state import StackState, read_state
from shared.faults import Fault

_RUNNER: Final = ".runner"


def processor_times(roots: Collection[int]) -> dict[int, float]:
    """Seconds by process: of these, and of all that they have started and that lives."""
    import psutil  # noqa: PLC0415 - an extra; the command line starts without it

    known = {each.pid: each.info for each in psutil.process_iter(["ppid", "cpu_times"])}
    return {
        pid: info["cpu_times"].user + info["cpu_times"].system
        for pid, info in known.items()
        if info["cpu_times"] is not None and _descends(pid, roots, known)
    }


def _descends(pid: int, roots: Collection[int], known: Mapping[int, Mapping[str, Any]]) -> bool:
    while pid not in roots:
        if pid not in known or not known[pid]["ppid"]:
            return False
        pid = known[pid]["ppid"]
    return True


def running_state(home: Home) -> StackState:
    """Raises Fault where the stack has ended: then there is nothing to wait for."""
    state = read_state(home)
    if state is None:
        raise Fault("The stack has ended.", file=log_file(home), remedy="The log says why.")
    return state


def job_times(home: Home) -> dict[int, float]:
    """As `processor_times`, of the jobs that run now; raises as `running_state`.

    Other processes of a service look around all the time: that theirs grows means nothing.
    """
    processes = running_state(home).processes
    runners = {each.pid for each in processes if each.name.endswith(_RUNNER)}
    times = processor_times(runners)
    return {pid: seconds for pid, seconds in times.items() if pid not in runners}


def log_file(home: Home) -> str:
    return str(home.log / "trueback.log")

"""A supervisor over three tiny programs instead of real servers: python tiny_stack.py HOME."""

import dataclasses
import sys
from pathlib import Path

from deploy.local.home import Home
from deploy.local.plan import Plan
from deploy.local.process import Process
from deploy.local.servers import Servers
from deploy.local.state import Listener
from deploy.local.supervisor import supervise
from shared.vocabulary.modes import Mode

STEADY = "import time; print('steady is here', flush=True); time.sleep(600)"
# Neither it nor its child heeds a polite request to end.
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if len(sys.argv) == 1:
    subprocess.Popen([sys.executable, __file__, "child"])
print("stubborn is here", flush=True)
time.sleep(600)
"""
BROKEN = "import sys; print('no luck today', flush=True); sys.exit(7)"


def program(name: str, code: str, folder: Path, group: str) -> Process:
    file = folder / f"{name}.py"
    file.write_text(code)
    return Process(
        name=name,
        args=(sys.executable, str(file)),
        group=group,
        stop_seconds=0.5,
        ready_check=lambda: True,
    )


def tiny_plan(folder: Path, *, broken: bool) -> Plan:
    def services(_: Servers) -> list[Process]:
        found = [program("stubborn", STUBBORN, folder, "web")]
        if broken:
            hopeless = program("broken", BROKEN, folder, "web")
            found.append(dataclasses.replace(hopeless, ready_check=lambda: False))
        return found

    return Plan(
        builds=lambda _: [program("built", "print('built', flush=True)", folder, "background")],
        servers=lambda _: [program("steady", STEADY, folder, "servers")],
        provision=lambda _: None,
        migrations=lambda _: [],
        slow_servers=lambda _: [],
        provision_slow=lambda _: None,
        services=services,
    )


if __name__ == "__main__":
    home = Home(Path(sys.argv[1]))
    home.path.mkdir(exist_ok=True)
    plan = tiny_plan(home.path, broken="broken" in sys.argv)
    supervise(home, Mode.TEST, Listener(), plan=plan)

"""`trueback demo`, `up`, `down`, `status`: the embedded stack. What it needs is imported late."""

import json
import sys
from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands.requirements import require_servers
from services.command.attribute import month_of
from shared.faults import Fault
from shared.vocabulary.modes import Mode

if TYPE_CHECKING:
    from deploy.local.home import Home
    from deploy.local.progress import Progress
    from deploy.local.state import Step

Reset = Annotated[
    bool, typer.Option("--reset", help="First delete what an earlier start has made.")
]
SIGN_IN = (
    "In another terminal: `trueback sign-in NAME` prints a link that signs NAME in once; who is new"
    " becomes an administrator."
)
NO_STRIPE = "TRUEBACK_STRIPE_API_KEY is not set: nothing can be issued."


def demo(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Stop by itself; last line out is a JSON report.")
    ] = False,
    anchor: Annotated[
        str, typer.Option(help="The month that is closed, such as 2026-10; else the last full one.")
    ] = "",
    then: Annotated[
        str,
        typer.Option(
            help="With --check: a command to run before it stops, with TRUEBACK_HOME set."
        ),
    ] = "",
    reset: Reset = False,
) -> None:
    """Run made-up bills of four months through everything and stay up to look around."""
    require_servers()
    from deploy.demo.run import run_demo  # noqa: PLC0415
    from deploy.local.home import find_home  # noqa: PLC0415
    from deploy.local.session import reset_home  # noqa: PLC0415

    month = month_of(anchor, hint="--anchor") if anchor else None
    home = find_home()
    if reset:
        reset_home(home, Mode.DEMO)
    raise typer.Exit(run_demo(home=home, check=check, anchor=month, then=then))


def up(
    *,
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="Return when it is ready; it stays up.")
    ] = False,
    reset: Reset = False,
) -> None:
    """Start the stack: servers and services, live; TRUEBACK_STRIPE_API_KEY lets it issue."""
    require_servers()
    from rich.console import Console  # noqa: PLC0415

    from deploy.local.home import find_home  # noqa: PLC0415
    from deploy.local.progress import Progress  # noqa: PLC0415
    from deploy.local.session import reset_home, start_detached  # noqa: PLC0415
    from deploy.local.supervisor import supervise  # noqa: PLC0415

    home = find_home()
    if reset:
        reset_home(home, Mode.LIVE)
    progress = Progress(Console())
    progress.title(f"trueback up   data in {home.path}")
    if detach:
        start_detached(home, Mode.LIVE, progress.listener(on_trouble=_stop_looking))
        _show_way_in(home, progress)
    else:
        listener = progress.listener()
        on_step = partial(_follow, home, progress)
        supervise(home, Mode.LIVE, replace(listener, on_step=on_step))


def _stop_looking(trouble: str) -> None:
    raise Fault(
        trouble,
        remedy="It goes on trying: `trueback status` shows it, `trueback down` stops it.",
    )


def _follow(home: "Home", progress: "Progress", step: "Step") -> None:
    progress.done(step.name, step.seconds)
    if step.name == "services":
        _show_way_in(home, progress)
        progress.note("Ctrl-C stops everything.")


def _show_way_in(home: "Home", progress: "Progress") -> None:
    from deploy.local.servers import stripe_of_the_caller  # noqa: PLC0415
    from deploy.local.stack import running_stack  # noqa: PLC0415

    progress.link("portal", running_stack(home).portal_url)
    progress.show_links()
    progress.note(SIGN_IN)
    if "TRUEBACK_STRIPE_API_KEY" not in stripe_of_the_caller():
        progress.note(NO_STRIPE)


def down() -> None:
    """Stop the stack."""
    require_servers()
    from deploy.local.home import find_home  # noqa: PLC0415
    from deploy.local.session import stop_stack  # noqa: PLC0415

    home = find_home()
    stopped = stop_stack(home) if home.path.exists() else False
    print("stopped" if stopped else f"nothing runs in {home.path}")


def status(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """What runs; exit code 1 where the stack is not ready."""
    from deploy.local.home import find_home  # noqa: PLC0415
    from deploy.local.state import read_state  # noqa: PLC0415

    home = find_home()
    state = read_state(home)
    if as_json:
        sys.stdout.write(json.dumps(asdict(state) if state else None) + "\n")
    elif state is None:
        print(f"nothing runs in {home.path}")
    else:
        standing = "ready" if state.ready else "starting"
        print(f"{home.mode} stack, {standing}, {state.peak_mb} MB at most")
        for text in filter(None, (state.waiting, state.failure)):
            print(f"  {text}")
        for process in state.processes:
            restarts = f", started again {process.restarts} times" if process.restarts else ""
            running = f"pid {process.pid}" if process.running else "not running"
            print(f"  {process.name:<20} {running}{restarts}")
    raise typer.Exit(0 if state is not None and state.ready else 1)

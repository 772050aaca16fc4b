"""The entry point of `trueback`. A fault becomes one message on standard error and its exit code.

Exit codes: 0 done; 1 failed; 2 usage; 3 bad configuration; 4 bad input; 5 proof failed. Commands
that need the local stack come with the extra `local`, so that `attribute` runs without.
"""

import sys

import typer
from rich.console import Console

from services.command import extra
from services.command.attribute import attribute
from services.command.doctor import doctor
from services.command.explain import explain
from services.command.export import app as export
from services.command.replay import replay
from services.command.what_if import what_if
from shared.faults import Fault


def trueback() -> None:
    """From the cloud provider's own bill to a true invoice."""


def make_app() -> typer.Typer:
    app = typer.Typer(
        name="trueback",
        help="Bill every tenant what it really cost.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(trueback)
    app.command("attribute")(attribute)
    app.command("explain")(explain)
    app.command("replay")(replay)
    app.command("what-if")(what_if)
    app.add_typer(export)
    app.command("doctor")(doctor)
    for name, command in extra.commands():
        if command is None:
            _add_absent(app, name)
        else:
            app.command(name)(command)
    return app


def _add_absent(app: typer.Typer, name: str) -> None:
    """Whatever its arguments are, the answer is which extra it needs."""
    app.command(
        name,
        help=f"{extra.COMMANDS[name]} Needs the extra `local`.",
        add_help_option=False,
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    )(extra.not_installed)


def main() -> None:
    try:
        make_app()()
    except Fault as fault:
        Console(stderr=True, soft_wrap=True).print(
            f"[bold red]trueback:[/] {_escaped(str(fault))}", highlight=False
        )
        sys.exit(fault.exit_code)


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")


if __name__ == "__main__":
    main()

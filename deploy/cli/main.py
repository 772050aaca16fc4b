"""The entry point of `trueback`. A fault becomes one message on standard error and its exit code.

Exit codes: 0 done; 1 failed; 2 usage; 3 bad configuration; 4 bad input; 5 proof failed. Commands
that need the server parts import them in their own body, so that `attribute` runs without.
"""

import sys

import duckdb
import typer
from rich.console import Console

from deploy.cli import operate, stack
from deploy.cli.attribute import attribute
from deploy.cli.doctor import doctor
from deploy.cli.explain import explain
from deploy.cli.export import app as export
from deploy.cli.replay import replay
from deploy.cli.what_if import what_if
from shared.faults import Fault

app = typer.Typer(
    name="trueback",
    help="Bill every tenant what it really cost.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("attribute")(attribute)
app.command("explain")(explain)
app.command("replay")(replay)
app.command("what-if")(what_if)
app.add_typer(export)
app.command("doctor")(doctor)
stack.register(app)
operate.register(app)


@app.callback()
def trueback() -> None:
    """From the cloud provider's own bill to a true invoice."""


def main() -> None:
    try:
        app()
    except Fault as fault:
        Console(stderr=True, soft_wrap=True).print(
            f"[bold red]trueback:[/] {_escaped(str(fault))}", highlight=False
        )
        sys.exit(fault.exit_code)
    except duckdb.OutOfMemoryException as error:
        Console(stderr=True, soft_wrap=True).print(
            f"[bold red]trueback:[/] the memory limit is too low: {_escaped(str(error))}"
            " Give a higher --memory-mb.",
            highlight=False,
        )
        sys.exit(1)


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")


if __name__ == "__main__":
    main()

"""`trueback doctor`: what is missing on this machine, one line each, with what to do."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from services.command.checks import Check, attribute_checks, memory_of_machine
from services.command.extra import stack_checks

_MARKS = {"ok": "[green]ok[/]     ", "note": "[yellow]note[/]   ", "missing": "[red]missing[/]"}
_TITLES = {"attribute": "trueback attribute", "stack": "trueback demo, up"}


def doctor(
    *, as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False
) -> None:
    """Say what is missing for `attribute` and for `demo` and `up`."""
    files = attribute_checks(work=Path.cwd(), memory_bytes=memory_of_machine())
    checks = [*files, *stack_checks()]
    if as_json:
        sys.stdout.write(json.dumps([asdict(check) for check in checks], indent=1) + "\n")
    else:
        _print(checks)
    raise typer.Exit(1 if any(check.state == "missing" for check in checks) else 0)


def _print(checks: Sequence[Check]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for purpose, title in _TITLES.items():
        of_purpose = [check for check in checks if check.purpose == purpose]
        missing = sum(check.state == "missing" for check in of_purpose)
        console.print(f"[bold]{title}[/]: {f'{missing} missing' if missing else 'ready'}")
        for check in of_purpose:
            text = f"{check.name}: {check.found}" + (f". {check.fix}" if check.fix else "")
            console.print(f"  {_MARKS[check.state]} {text.replace('[', chr(92) + '[')}")

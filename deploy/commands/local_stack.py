"""What `explain`, `export`, `replay`, `what-if` and `doctor` ask of the stack on this machine."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from deploy.commands import operate
from services.command.checks import Check
from services.command.extra import LocalStack


class StackOfHome:
    """The stack in TRUEBACK_HOME; what it needs is imported when it is asked."""

    def checks(self) -> Sequence[Check]:
        from deploy.commands.checks import stack_checks, this_machine  # noqa: PLC0415
        from deploy.local.home import find_home  # noqa: PLC0415

        return stack_checks(this_machine(find_home()))

    def answer_of(self, method: str, path: str, body: Any | None) -> Any:
        return operate.answer_of(method, path, body)

    def current_run(self, period: str) -> str:
        return operate.current_run(period)

    def download(self, uris: Mapping[str, str], to: Path) -> None:
        operate.download(uris, to)


LOCAL_STACK: Final[LocalStack] = StackOfHome()

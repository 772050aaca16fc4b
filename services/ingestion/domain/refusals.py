"""What the state of a source or delivery does not allow, said to who asked for it."""

from collections.abc import Mapping
from typing import Any

from shared.faults import Fault


class UnableToDo(Fault):
    """`reason` says why as data: a `code` and what belongs to it."""

    def __init__(self, message: str, **reason: Any) -> None:
        super().__init__(message)
        self.reason: Mapping[str, Any] = reason

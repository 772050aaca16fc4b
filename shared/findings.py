from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """Something a person should know that does not stop the work."""

    kind: str
    message: str

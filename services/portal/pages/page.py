"""A page as a value: which template shows it, and the names that the template reads."""

from dataclasses import dataclass, fields
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class Page:
    template: ClassVar[str]

    def context(self) -> dict[str, object]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True)
class Choice:
    """One segment of a filter, with how many rows it leaves."""

    key: str
    label: str
    count: int


@dataclass(frozen=True)
class TenantName:
    key: str
    name: str


@dataclass(frozen=True)
class CustomerName:
    name: str

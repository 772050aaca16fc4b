"""Who may ask: roles, and the person or service that has one."""

import unicodedata
from dataclasses import dataclass, field

from shared.vocabulary.roles import CUSTOMERS, Role


@dataclass(frozen=True)
class Actor:
    """Who asks. A customer's actor is bound to exactly one customer.

    `subject` is the token that shows the database whose rows a customer may see; it comes with a
    sign-in, so that whoever speaks for a customer without one sees no row.
    """

    name: str
    role: Role
    customer: str = ""
    subject: str = field(default="", repr=False, compare=False)

    @property
    def is_customer(self) -> bool:
        return self.role in CUSTOMERS

    def __post_init__(self) -> None:
        if self.role not in set(Role):
            raise ValueError(f"{self.role!r} is not a role")
        if self.is_customer != bool(self.customer):
            raise ValueError("a customer's role is bound to one customer, any other role to none")


def is_same_person(one: str, other: str) -> bool:
    """By their names, which are the portal's own: case and width alone make no second person."""
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()

"""What a view declares about the audit log; one that declares nothing fails a test.

An API's view has `audit`, a declaration a method as `roles` has; a page's is given to `for_roles`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from shared.vocabulary.audit import AuditAction


@dataclass(frozen=True)
class Audited:
    """Each success is an entry, each refusal is counted.

    `parameter` is of the route, the id of what it is done to; a view may `note` another.
    """

    action: AuditAction
    kind: str = ""
    parameter: str = ""


@dataclass(frozen=True)
class NotAudited:
    """Successes are not written, and `reason` says why; refusals are counted all the same."""

    reason: str


Declaration = Audited | NotAudited
Declarations = Declaration | Mapping[str, Declaration]
View = TypeVar("View", bound=Callable[..., Any])

READ: Final = NotAudited("it reads, on a page or as JSON, what the role is there to look at")
NO_METHOD: Final = NotAudited("the view has no such method")


def declare(declaration: NotAudited, view: View) -> View:
    """For a view that nothing else declares, such as a probe."""
    view.audit = declaration  # type: ignore[attr-defined]
    return view


def declared(view: Any, method: str) -> Declaration | None:
    """None for a view without any declaration."""
    owner = view if hasattr(view, "audit") else getattr(view, "cls", None)
    declarations: Declarations | None = getattr(owner, "audit", None)
    if isinstance(declarations, Mapping):
        return declarations.get("GET" if method == "HEAD" else method, NO_METHOD)
    return declarations

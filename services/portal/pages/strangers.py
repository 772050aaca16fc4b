"""Pages for those who are not signed in, and for what went wrong: no frame, no database."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from services.portal.pages.page import Page

SignInState = Literal["ask", "confirm", "used", "signed_out"]


@dataclass(frozen=True, kw_only=True)
class SignInPage(Page):
    """`ask` says how to get a link; `used`: this link was used or is too old.

    `confirm`: a link was opened; only the posted button uses it, so that a scanner that follows
    links in mails doesn't, and posts `token`. With `email_field` a form asks for a link.
    """

    template: ClassVar[str] = "portal/sign_in.html"

    state: SignInState
    token: str = ""
    email_field: bool = False


@dataclass(frozen=True, kw_only=True)
class NotFoundPage(Page):
    """Also for what belongs to somebody else, in the same words."""

    template: ClassVar[str] = "portal/errors/404.html"


@dataclass(frozen=True, kw_only=True)
class ForbiddenPage(Page):
    """`needs` is the role that may, where that is known."""

    template: ClassVar[str] = "portal/errors/403.html"

    needs: str = ""


@dataclass(frozen=True, kw_only=True)
class BrokenPage(Page):
    template: ClassVar[str] = "portal/errors/500.html"

    trace_id: str


@dataclass(frozen=True, kw_only=True)
class NoDocumentPage(Page):
    """A document's owner gave none; `sentence` is what it did instead."""

    template: ClassVar[str] = "portal/errors/503.html"

    sentence: str


@dataclass(frozen=True, kw_only=True)
class DatabaseAwayPage(Page):
    """Instead of any page; `since` is None where the database refuses and does not hang."""

    template: ClassVar[str] = "portal/errors/database.html"

    since: datetime | None = None

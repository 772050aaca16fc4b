"""Strings that one customer, or the operator alone, may read: any in another's answer is a leak."""

import html
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import pypdf

# Shorter ones would be found in words and numbers that have nothing to do with anybody.
_CHARACTERS_MIN = 4
_PDF = b"%PDF"
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True)
class Canary:
    """`owners` are customers; of nobody it is the operator's. `is_cost`: open-book owners alone."""

    text: str
    what: str
    owners: frozenset[str] = frozenset()
    is_cost: bool = False

    @cached_property
    def _spellings(self) -> tuple[str, ...]:
        """As it is, in JSON and in HTML; as a whole word."""
        return tuple({self.text, html.escape(self.text), json.dumps(self.text)[1:-1]})

    def is_in(self, text: str) -> bool:
        return any(
            spelling in text
            and re.search(rf"(?<![A-Za-z0-9]){re.escape(spelling)}(?![A-Za-z0-9])", text)
            for spelling in self._spellings
        )

    def __hash__(self) -> int:
        return hash((self.text, self.owners))


@dataclass(frozen=True)
class Reader:
    """`sees_all` are the operator's people and services where their role may ask."""

    customer: str = ""
    is_open_book: bool = False
    sees_all: bool = False

    def may_see(self, canary: Canary) -> bool:
        if self.sees_all:
            return True
        is_own = bool(self.customer) and self.customer in canary.owners
        return is_own and (self.is_open_book or not canary.is_cost)


@dataclass
class Canaries:
    known: set[Canary] = field(default_factory=set)

    def add(self, canaries: Iterable[Canary]) -> None:
        self.known.update(each for each in canaries if len(each.text) >= _CHARACTERS_MIN)

    def seen_by(self, reader: Reader, *, answer: str, request: str) -> list[Canary]:
        """Those that are not the reader's to see and that the request didn't name itself."""
        return [
            canary
            for canary in self.known
            if canary.text in answer or not canary.text.isalnum()
            if not reader.may_see(canary) and canary.is_in(answer) and not canary.is_in(request)
        ]


def texts_of(body: bytes) -> str:
    """What a person reads of it, also of a PDF and of what a zip holds."""
    if body.startswith(_PDF):
        return "\n".join(_pdf_texts(body))
    if body.startswith(_ZIP):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return "\n".join(
                f"{name}\n{texts_of(archive.read(name))}" for name in archive.namelist()
            )
    return body.decode("utf-8", errors="replace")


def _pdf_texts(body: bytes) -> Iterator[str]:
    reader = pypdf.PdfReader(io.BytesIO(body))
    yield from (page.extract_text() for page in reader.pages)
    yield str(reader.metadata)
    for contents in reader.attachments.values():
        yield from (texts_of(content) for content in contents)

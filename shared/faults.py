"""The faults that a person has to act on, each with the exit code of the command line.

Exit codes: 0 done; 1 failed; 2 usage; 3 bad configuration; 4 bad input; 5 proof failed.
"""

import dataclasses
from dataclasses import dataclass
from typing import ClassVar, Final

# What is quoted from a file may be all of it; a person needs its beginning.
_CHARACTERS_MAX: Final = 2000


@dataclass
class Fault(Exception):
    """Something a person must mend; the message says what and how.

    `file`, `row` and `field` name the place: a row is of data, from 1, without the header.
    `remedy` is one sentence that says what to do.
    """

    row_word: ClassVar[str] = "row"

    message: str
    file: str = ""
    row: int | None = None
    field: str = ""
    remedy: str = ""
    exit_code: int = dataclasses.field(default=1, init=False)

    def __post_init__(self) -> None:
        super().__init__(str(self))

    def __str__(self) -> str:
        place = ", ".join(
            part
            for part in (
                self.file,
                f"{self.row_word} {self.row}" if self.row is not None else "",
                f"field {self.field}" if self.field else "",
            )
            if part
        )
        text = f"{place}: {self.message}" if place else self.message
        if self.remedy and not text.endswith((".", "!", "?")):
            text += "."  # another library's message, which may have none
        return f"{printable(text)} {self.remedy}".rstrip()


def printable(text: str, *, characters_max: int = _CHARACTERS_MAX) -> str:
    """Somebody's text as a database and a terminal take it: NUL and escapes by their codes."""
    shown = text if len(text) <= characters_max else f"{text[:characters_max]}..."
    if shown.isprintable():
        return shown
    return "".join(
        sign if sign.isprintable() or sign == "\n" else sign.encode("unicode_escape").decode()
        for sign in shown
    )


class PassingFault(Fault):
    """Of the machine, and may be over soon: a job that meets it is tried again."""


class BadConfiguration(Fault):
    """The ruleset, a plan or a setting is wrong; `row` is a line of the YAML file, from 1."""

    row_word: ClassVar[str] = "line"

    def __post_init__(self) -> None:
        self.exit_code = 3
        super().__post_init__()


class BadInput(Fault):
    """A bill, signal or workload file can't be taken; nothing of it has been."""

    def __post_init__(self) -> None:
        self.exit_code = 4
        super().__post_init__()


class ProofFailed(Fault):
    """What came out is not what went in; the run is kept as failed and never current."""

    def __post_init__(self) -> None:
        self.exit_code = 5
        super().__post_init__()

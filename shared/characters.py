"""Which characters a text may not have, wherever it comes from: of each pattern one is too many.

And which ones nobody sees: what looks like a name need not be it.
"""

import re
from typing import Final

_CONTROLS: Final = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
# Half of a pair is no character: nothing that is written as UTF-8 can hold it.
_SURROGATES: Final = r"\ud800-\udfff"

# A person's words, or those of another program, have tabs and line breaks.
NOT_IN_WORDS: Final = re.compile(f"[{_CONTROLS}{_SURROGATES}]")
NOT_IN_A_LINE: Final = re.compile(rf"[{_CONTROLS}{_SURROGATES}\t\n\r]")
# PostgreSQL keeps neither a NUL nor half of a pair.
NOT_IN_A_COLUMN: Final = re.compile(rf"[\x00{_SURROGATES}]")

# Unicode's Default_Ignorable_Code_Point (zero-width, soft hyphen, marks of direction, variation
# selectors, tags), the marks of interlinear annotations, and Braille's blank, which is a symbol.
# Written out: which code points these are must not depend on the version of Python.
_UNSEEN: Final = (
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# They look like a blank, and are none to a program. (The ideographic blank is as wide as a letter
# and belongs to names.)
_BLANKS: Final = r"\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f"

UNSEEN: Final = re.compile(f"[{_UNSEEN}]")
_NOT_AS_IT_LOOKS: Final = re.compile(rf"[{_CONTROLS}{_SURROGATES}\t\n\r{_UNSEEN}{_BLANKS}]")


def shown(text: str) -> str:
    r"""With what can't be seen, or is no blank but looks like one, written as `\u200b`."""
    return _NOT_AS_IT_LOOKS.sub(_escape, text)


def _escape(unseen: re.Match[str]) -> str:
    code = ord(unseen.group())
    return f"\\U{code:08x}" if code > 0xFFFF else f"\\u{code:04x}"  # noqa: PLR2004 - four digits

"""Which characters a text may not have, wherever it comes from: of each pattern one is too many."""

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

"""Names that were probably meant by one that is not there: of tag keys, services, accounts.

First those that are the same but for case, signs and a prefix such as the `user:` of a column of a
CUR, then those that differ by a slip of a finger.
"""

import difflib
import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from itertools import islice
from typing import Final

_SHOWN: Final = 3
_AMONG_MAX: Final = 5_000
"""Names that one is compared with letter by letter."""
_RATIO: Final = 3 / 5
_RATIO_OF_NUMBERS: Final = 9 / 10
"""One digit of an account's twelve."""
_WILDCARDS: Final = re.compile(r"[*?\[\]!]")


def near_names(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """At most three, the likeliest first; `name` may be a shell pattern."""
    listed = list(islice((each for each in known if each and each != name), _AMONG_MAX))
    alike = [each for each in listed if _is_alike(name, each)]
    if alike:
        return tuple(alike[:_SHOWN])
    plain = _WILDCARDS.sub("", name)
    ratio = _RATIO_OF_NUMBERS if plain.isdigit() else _RATIO
    folded = {each.casefold(): each for each in reversed(listed)}
    near = difflib.get_close_matches(plain.casefold(), folded, 1, ratio)
    return tuple(folded[each] for each in near)


def _is_alike(name: str, other: str) -> bool:
    if fnmatchcase(other.casefold(), name.casefold()):
        return True
    bare, bare_other = _bare(name), _bare(other)
    if name.isdigit():
        return bare.lstrip("0") == bare_other.lstrip("0")
    return bool(bare) and (bare == _without_prefix(other) or bare_other == _without_prefix(name))


def _bare(name: str) -> str:
    """Its letters and digits."""
    return re.sub(r"[\W_]", "", name.casefold())


def _without_prefix(name: str) -> str:
    """Behind the last colon or slash, and behind the `user_` of an export's column."""
    return _bare(re.sub(r"^(.*[:/])?(user_)?", "", name, flags=re.IGNORECASE)) or _bare(name)

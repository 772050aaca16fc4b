"""Which tenants a value that nobody has is nearly the same as: what a person would have meant.

Nothing here decides who pays; it is said beside the money. First who looks the same, then whose
name it is, then whose letters and digits it has (but for accents, marks between words, letters of
other scripts that look like Latin ones and the company's form), then who is nearest by letters.
"""

import difflib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from services.attribution.domain.tenants import TenantDirectory
from shared.configuration.models import Configuration
from shared.vocabulary.tenant_values import as_seen

_SLIPS_AMONG_MAX: Final = 300
"""Tenants that a value is compared with letter by letter; each comparison takes some 50 us."""
_SLIP_RATIO: Final = 17 / 20
_FORMS: Final = frozenset(
    re.findall(
        r"\w+",
        "ab ag as asa bv co company corp corporation gmbh inc incorporated kg kk limited llc"
        " llp ltd nv oy oyj plc pte pty sa sarl sas se spa sro srl ug",
    )
)
"""Forms of companies as they stand at the end of a name, without the points in them."""
# Those of Unicode's confusables that whole words of a Latin name can be made of.
_LATIN: Final = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u04bb\u04cf\u051b"
    "\u051d\u043a\u043c\u0442\u0432\u043d\u03b1\u03b2\u03b5\u03b9\u03ba\u03bd\u03bf\u03c1"
    "\u03c4\u03c5\u03c7\u03f2",
    "aeopcyxijsdhlqwkmtbhabeiknoptuxc",
)


def bare_name(value: str) -> str:
    """Letters and digits of a name, without accents and the company's form; '' for none."""
    plain = unicodedata.normalize("NFKD", as_seen(value)).translate(_LATIN)
    # Points within a form (S.A., B.V.) are none between words, nor are apostrophes.
    words = re.findall(r"[^\W_]+", re.sub(r"[.'\u2019\u0300-\u036f]", "", plain))
    while len(words) > 1 and words[-1] in _FORMS:
        words.pop()
    return re.sub(r"(?<=\d) (?=\d)", "-", " ".join(words)).replace(" ", "")


def slip_of(name: str, others: Sequence[str]) -> str:
    """The first of the others that it begins or is begun by, or the nearest; '' for none.

    Numbers tell names apart. Of too many others none is near.
    """
    if len(others) > _SLIPS_AMONG_MAX:
        return ""
    for other in others:
        if _begins(name, other) or _begins(other, name):
            return other
    digits = re.findall(r"\d", name)
    alike = [other for other in others if re.findall(r"\d", other) == digits]
    return next(iter(difflib.get_close_matches(name, alike, 1, _SLIP_RATIO)), "")


def _begins(name: str, other: str) -> bool:
    return other.startswith((f"{name}-", f"{name}_", f"{name} "))


class NearTenants:
    def __init__(self, config: Configuration) -> None:
        self._directory = TenantDirectory(config)
        values = [
            (value, tenant.key)
            for tenant in config.tenants
            for value in (tenant.key, *tenant.aliases, *([tenant.name] if tenant.name else []))
        ]
        self._names = _index((as_seen(value), key) for value, key in values)
        self._bare = _index((bare_name(value), key) for value, key in values)
        self._keys = [tenant.key for tenant in config.tenants]

    def of(self, value: str) -> tuple[str, ...]:
        """Their keys, in order; one alone where only a slip of a finger is between them."""
        seen, bare = as_seen(value), bare_name(value)
        keys = (
            self._directory.keys_seen_in(value)
            or self._names.get(seen)
            or (self._bare.get(bare) if bare else None)
            or {slip_of(seen, self._keys)} - {""}
        )
        return tuple(sorted(keys))


def _index(values: Iterable[tuple[str, str]]) -> Mapping[str, set[str]]:
    index: dict[str, set[str]] = defaultdict(set)
    for value, key in values:
        index[value].add(key)
    return dict(index)

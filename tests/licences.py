"""`python -m tests.licences SBOM LOCK...`: each locked distribution has a licence that we may use.

The SBOM is CycloneDX's, of what is installed. The exit code is 1 where one has none or another.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

# By SPDX's ids, and by the classifiers of those that still have no id. LGPL's libraries are
# imported as they are, MPL's files too.
ALLOWED: Final = frozenset(
    {
        *("Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "LGPL-3.0-only", "MIT", "MIT-0"),
        *("MPL-2.0", "PSF-2.0"),
        "License :: OSI Approved :: Apache Software License",
        "License :: OSI Approved :: BSD License",
        "License :: OSI Approved :: MIT License",
        "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)",
    }
)
# Their metadata has no licence; the file in their repository says which.
STATED_ELSEWHERE: Final[Mapping[str, str]] = {
    "asttokens": "Apache-2.0",
    "axe-playwright-python": "MIT",
    "uritemplate": "BSD-3-Clause",
}


def problems(sbom: Mapping[str, Any], locks: Iterable[str]) -> Iterator[str]:
    components = {_plain(one["name"]): one for one in sbom["components"]}
    for name in sorted({_plain(name) for lock in locks for name in _locked(lock)}):
        if name not in components:
            yield f"{name} is locked, and not in the SBOM"
            continue
        stated = _licences(components[name]) or [STATED_ELSEWHERE.get(name, "")]
        if not any(_is_allowed(one) for one in stated):
            yield f"{name} has the licence {' and '.join(stated) or 'of nothing'}"


def _locked(lock: str) -> list[str]:
    """Those of this platform: what has a marker may be of another."""
    return re.findall(r"^([A-Za-z0-9._-]+)==[^;\\\n]+(?:\\)?$", lock, re.MULTILINE)


def _licences(component: Mapping[str, Any]) -> list[str]:
    named = [
        one.get("expression") or one["license"].get("id") or one["license"].get("name", "")
        for one in component.get("licenses", [])
    ]
    return [text for text in named if text]


def _is_allowed(expression: str) -> bool:
    """One of those that OR offers, all of those that AND joins."""
    if expression in ALLOWED:
        return True
    return any(
        all(part.strip(" ()") in ALLOWED for part in choice.split(" AND "))
        for choice in expression.split(" OR ")
    )


def _plain(name: str) -> str:
    """As PEP 503 compares names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> int:
    sbom, *locks = (Path(name).read_text(encoding="utf-8") for name in sys.argv[1:])
    wrong = list(problems(json.loads(sbom), locks))
    for sentence in wrong:
        print(f"{sentence}: tests/licences.py has those that are allowed", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

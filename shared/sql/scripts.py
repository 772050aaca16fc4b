"""The one door to DuckDB: a script of a package, with its `{names}` filled.

A name stands for a table, a column or an expression of `shared.sql.expressions`, and for no other
text: data goes in as values, `$name`. In upper case it is a word of `shared.vocabulary`, which the
door fills by itself: `{POOL}` of `recipients`, `{METHOD_POD}` of `methods`. The head of a script
says which tables it reads and makes; `docs/engine.md` is made of these lines.
"""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import cache
from importlib import resources
from typing import Any, Final

from shared.columnar import Session
from shared.sql.expressions import Sql, literal
from shared.vocabulary import recipients
from shared.vocabulary.methods import Method

# Any word in braces, so that a misspelt one is refused here and never reaches DuckDB.
_NAME: Final = re.compile(r"\{([A-Za-z_]\w*)\}")
_VOCABULARY: Final = {
    **{name: word for name, word in vars(recipients).items() if name.isupper()},
    **{f"METHOD_{method.name}": method.value for method in Method},
}

Row = dict[str, Any]


class UnableToRunScript(Exception):
    """A `{name}` of the script has no text, or a text is for a name that the script has not."""


def run_script(
    session: Session,
    package: str,
    script: str,
    names: Mapping[str, Sql] | None = None,
    values: Mapping[str, object] | None = None,
) -> Session:
    """Runs `script`, a file of `package` (the caller's `__package__`); its result is fetched.

    `values` are bound by DuckDB, for scripts of one statement. Raises UnableToRunScript before
    anything is run.
    """
    return session.execute(_filled(package, script, names or {}), values or {})


def script_query(package: str, script: str, names: Mapping[str, Sql] | None = None) -> Sql:
    """The query of a script without an end, in brackets, for another script to read."""
    return Sql(f"({_filled(package, script, names or {})})")


@cache
def script_text(package: str, script: str) -> str:
    return resources.files(package).joinpath(script).read_text(encoding="utf-8")


def records(result: Session) -> list[Row]:
    """The rows of a result by the names of its columns."""
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


@cache
def _statements(package: str, script: str) -> str:
    """Without lines of comment: what fills a name there may be longer than the line."""
    lines = script_text(package, script).splitlines()
    text = "\n".join(line for line in lines if not line.lstrip().startswith("--"))
    unknown = {name for name in _NAME.findall(text) if name.isupper()} - _VOCABULARY.keys()
    if unknown:
        place = _path(package, script)
        raise UnableToRunScript(f"{place}: no recipient or method is called {_listed(unknown)}.")
    return _NAME.sub(_word_of_the_vocabulary, text)


def _word_of_the_vocabulary(match: re.Match[str]) -> str:
    return literal(_VOCABULARY[match[1]]) if match[1].isupper() else match[0]


def _filled(package: str, script: str, names: Mapping[str, Sql]) -> str:
    """In one pass, so that braces in what is filled in are no names."""
    text = _statements(package, script)
    wanted = set(_NAME.findall(text))
    if wanted != names.keys():
        raise UnableToRunScript(
            f"{_path(package, script)}: the script wants {_listed(wanted - names.keys())},"
            f" the caller gives {_listed(names.keys() - wanted)}."
        )
    return _NAME.sub(lambda match: names[match[1]], text)


def _path(package: str, script: str) -> str:
    return f"{package.replace('.', '/')}/{script}"


def _listed(names: AbstractSet[str]) -> str:
    return ", ".join(sorted(names)) or "nothing more"

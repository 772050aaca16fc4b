"""Names of a format's columns as catalogues, databases and people write them.

Glue and Athena lower all letters, Snowflake raises them, and a report has `Billed Cost`. Where a
file has none of a format's names as they are, names that differ in letters' case and signs alone
are taken for them: within a format no two do. Names that differ in blanks at their ends alone
always are, as of a header that is written with blanks after its commas.
"""

import difflib
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Final

from services.ingestion.engine.layouts import CUR, FOCUS, is_known
from services.ingestion.engine.legacy import cur_2_name
from services.ingestion.engine.other_files import refuse_other_file
from shared.faults import BadInput
from shared.tabular import Column, SourceFile

_NAMES_SHOWN: Final = 6
_TAG_PREFIXES: Final = ("resourceTags/", "costCategory/", "accountTag/", "userAttribute/")
"""Of columns of a legacy CUR, whose tag key stands behind."""
_TAG_COLUMNS: Final = (*_TAG_PREFIXES, "iamPrincipal/", "resource_tags_", "cost_category_")


def with_known_names(source: SourceFile) -> SourceFile:
    """The file by the names that its format has; raises BadInput where it is of none, or of two."""
    source = _without_blanks(source)
    refuse_other_file(source)
    if is_known({column.name for column in source.columns}):
        return source
    known = _folded_names()
    renamed = tuple(_renamed(source, known))
    if not is_known({column.name for column in renamed}):
        raise _not_a_bill(source)
    return replace(source, columns=renamed)


def _without_blanks(source: SourceFile) -> SourceFile:
    """Blanks after a header's commas are no part of a name, but for the end of a tag's key.

    Raises BadInput where two columns have one name then.
    """
    written = {column.name for column in source.columns}
    owners: dict[str, list[str]] = defaultdict(list)
    columns: list[Column] = []
    for column in source.columns:
        name = column.name
        if name.strip() in _names() or ("/" in name and cur_2_name(name) in _names()):
            name = name.strip()
        elif name.lstrip().startswith(_TAG_COLUMNS):
            name = name.lstrip()
        if name == column.name or name in written:
            columns.append(column)
            continue
        owners[name].append(column.name)
        _refuse_two(source, name, owners[name])
        columns.append(replace(column, name=name, written=column.name))
    return replace(source, columns=tuple(columns))


def _refuse_two(source: SourceFile, name: str, owners: Sequence[str]) -> None:
    if len(owners) > 1:
        raise BadInput(
            f"the columns {', '.join(map(repr, owners))} may both be {name}.",
            file=str(source.path),
            field=owners[-1],
            remedy="Leave out one of them; nothing was taken.",
        )


def _renamed(source: SourceFile, known: dict[str, str]) -> Iterator[Column]:
    owners: dict[str, list[str]] = defaultdict(list)
    for column in source.columns:
        name = known.get(_folded(column.name), column.name)
        for prefix in _TAG_PREFIXES:
            if column.name.lower().startswith(prefix.lower()):
                name = prefix + column.name[len(prefix) :]
        owners[name].append(column.name)
        if name in known.values():
            _refuse_two(source, name, owners[name])
        yield column if name == column.name else replace(column, name=name, written=column.name)


@cache
def _names() -> frozenset[str]:
    return frozenset((*CUR.columns, *FOCUS.columns))


@cache
def _folded_names() -> dict[str, str]:
    return {_folded(name): name for name in (*CUR.columns, *FOCUS.columns)}


def _folded(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _not_a_bill(source: SourceFile) -> BadInput:
    names = [column.name for column in source.columns]
    shown = ", ".join(repr(name[:40]) for name in names[:_NAMES_SHOWN])
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    near = _near(names)
    return BadInput(
        f"not a bill: it has neither the columns of a CUR nor those of FOCUS. Its first columns are"
        f" {shown}{more}.{near}",
        file=str(source.path),
        remedy="Give a CUR or FOCUS export; check that the path is the export's own.",
    )


def _near(names: Collection[str]) -> str:
    known = _folded_names()
    for name in names:
        if _folded(name) in known:
            continue  # it is one: another one is what is missing
        near = difflib.get_close_matches(_folded(name), known, n=1, cutoff=0.85)
        if near:
            return f" {name[:40]!r} is nearly {known[near[0]]!r}."
    return ""

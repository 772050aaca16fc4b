"""The tags of a part's lines by the keys that people gave, without what the format puts before."""

from pathlib import Path
from typing import Final

from services.ingestion.engine.layouts import Kind
from shared.columnar import Session
from shared.faults import BadInput
from shared.sql.expressions import Sql, literal
from shared.sql.scripts import run_script

_ADDED_PREFIX: Final = r"^(\s*)(resourceTags/)?(user[:_])?"
_PREFIX: Final = {
    Kind.CUR_LEGACY: r"^(\s*)(resourceTags/)?(user:)?",
    Kind.CUR_LEGACY_PARQUET: _ADDED_PREFIX,
    Kind.CUR_2: _ADDED_PREFIX,
}
"""What the format puts before the key that the user gave; what is kept of it is the first group."""
# FOCUS has keys as they are: nothing matches.
_NO_PREFIX: Final = r"([^\s\S])"
_VALUE_CHARACTERS: Final = 80


def create_tag_sets(session: Session, lines: Sql, kind: Kind, *, path: Path) -> None:
    """Makes the table `tagset` of these lines of the file at `path`.

    Raises BadInput where two tags of a line are one key of different values.
    """
    prefix = literal(_PREFIX.get(kind, _NO_PREFIX))
    names = {"lines": lines}
    run_script(session, __package__, "tags.sql", names | {"prefix": prefix})
    clashes = run_script(session, __package__, "tag_clash.sql").fetchall()
    if not clashes:
        return
    key, *pairs = clashes[0]
    first, value, second, other = (repr(each[:_VALUE_CHARACTERS]) for each in pairs)
    count, row = run_script(
        session, __package__, "tag_clash_rows.sql", names, {"key": key}
    ).fetchall()[0]
    rows = "1 row has" if count == 1 else f"{count} rows have"
    raise BadInput(
        f"the tags {first} and {second} are both the key {key[:_VALUE_CHARACTERS]!r}, as {value}"
        f" and {other}; which of them owns the line is not known. {rows} that.",
        file=str(path),
        row=row,
        field=pairs[2][:_VALUE_CHARACTERS],
        remedy="Leave one of them out of the export; nothing was taken.",
    )

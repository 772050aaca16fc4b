"""Labels of a ruleset that no line of the bill has, and what may have been meant."""

import difflib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from services.attribution.engine.bill_columns import sanitise_tag
from shared.columnar import open_session
from shared.configuration.models import Configuration
from shared.findings import Finding
from shared.sql.expressions import parquet_scan
from shared.sql.scripts import run_script

_TAG = "tag:"


def misspelt_labels(
    *,
    snapshot_parts: Sequence[Path],
    config: Configuration,
    scratch_dir: Path,
    memory_limit_mb: int,
) -> list[Finding]:
    """Reads the bill's tag keys once more; on a bill without tags there is nothing to say."""
    work_dir = scratch_dir / "labels"
    with open_session(scratch_dir=work_dir, memory_limit_mb=memory_limit_mb) as session:
        names = {"lines": parquet_scan(snapshot_parts)}
        rows = run_script(session, __package__, "line_tags.sql", names).fetchall()
    return list(_findings(config, [key for (key,) in rows]))


def _findings(config: Configuration, keys: Collection[str]) -> Iterator[Finding]:
    """A key that is not there yet is no fault where another one of its label is."""
    for label, sources in config.labels.items():
        asked = [source.removeprefix(_TAG) for source in sources if source.startswith(_TAG)]
        absent = [key for key in asked if not {key, sanitise_tag(key)} & set(keys)]
        for key in absent:
            near = difflib.get_close_matches(key, set(keys) - set(asked), n=1)
            if near or (keys and len(absent) == len(sources)):
                meant = f" Did you mean `{near[0]}`?" if near else ""
                yield Finding("absent-tag", f"Label {label}: no line has the tag `{key}`.{meant}")

"""Tag keys that a ruleset names and no line of the bill has, and what may have been meant."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Final

from services.attribution.domain.near_names import near_names
from services.attribution.domain.proof import plain
from services.attribution.engine.bill_columns import has_sanitised_tags, tag_keys
from services.attribution.engine.result import Run
from shared.columnar import open_session
from shared.configuration.models import Configuration
from shared.findings import Finding
from shared.sql.expressions import parquet_scan
from shared.sql.scripts import run_script

_TAG: Final = "tag:"
_FINDINGS_MAX: Final = 20


@dataclass(frozen=True)
class _Keys:
    """The bill's tag keys; `sanitised`: a key is also met as AWS writes it."""

    listed: Sequence[str]
    sanitised: bool

    def lack(self, key: str) -> bool:
        return set(tag_keys(key, sanitised=self.sanitised)).isdisjoint(self.listed)


def misspelt_labels(
    run: Run,
    *,
    snapshot_parts: Sequence[Path],
    config: Configuration,
    scratch_dir: Path,
    memory_limit_mb: int,
) -> list[Finding]:
    """Reads the tag keys of the run's bill once more; without tags there is nothing to say."""
    work_dir = scratch_dir / "labels"
    with open_session(scratch_dir=work_dir, memory_limit_mb=memory_limit_mb) as session:
        names = {"lines": parquet_scan(snapshot_parts)}
        rows = run_script(session, __package__, "line_tags.sql", names).fetchall()
        keys = _Keys([key for (key,) in rows], has_sanitised_tags(session, names["lines"]))
    findings = [*_absent_labels(config, keys, run.unlabelled), *_absent_selectors(config, keys)]
    return list(islice(findings, _FINDINGS_MAX))


def _absent_labels(config: Configuration, keys: _Keys, unlabelled: Decimal) -> Iterator[Finding]:
    """A key that is not there yet is no fault where another one of its label is."""
    for label, sources in config.labels.items():
        asked = [source.removeprefix(_TAG) for source in sources if source.startswith(_TAG)]
        absent = [key for key in asked if keys.lack(key)]
        for key in absent:
            near = _near(key, set(keys.listed) - set(asked))
            if near or (keys.listed and len(absent) == len(sources)):
                lost = ""
                if label == "tenant" and unlabelled:
                    lost = (
                        f" {plain(unlabelled)} {config.currency} are unallocated without a label."
                    )
                yield Finding(
                    "absent-tag", f"Label {label}: no line has the tag `{key}`.{near}{lost}"
                )


def _absent_selectors(config: Configuration, keys: _Keys) -> Iterator[Finding]:
    """What asks for a tag that no line has takes nothing; what is near is all there is to say."""
    selectors = [(f"Rule {rule.name}", rule.when) for rule in config.rules]
    selectors += [(f"Pool {pool.name}", pool.when) for pool in config.pools if pool.when]
    for who, when in selectors:
        for key in when.tags:
            if keys.lack(key):
                near = _near(key, keys.listed)
                yield Finding("absent-tag", f"{who}: no line has the tag `{key}`.{near}")


def _near(key: str, keys: Collection[str]) -> str:
    near = near_names(key, sorted(keys))
    return f" Did you mean {' or '.join(f'`{each}`' for each in near)}?" if near else ""

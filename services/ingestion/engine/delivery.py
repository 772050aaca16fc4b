"""Finds the delivery of a period under a folder and obeys its manifest; or takes one file."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import filterfalse
from pathlib import Path, PurePosixPath

from services.ingestion.domain.delivery_layout import is_named_billing_periods
from services.ingestion.engine.column_names import with_known_names
from services.ingestion.engine.layouts import Kind, detect_kind
from services.ingestion.engine.legacy import as_cur_2, with_selected_keys
from services.ingestion.engine.manifest import (
    Manifest,
    is_manifest,
    partition_month,
    read_manifest,
)
from services.ingestion.engine.other_files import BILLING_PERIODS, OtherFile, other_file
from shared.faults import BadInput
from shared.periods import Month
from shared.readable import files_below, refused_if_unreadable
from shared.tabular import SourceFile, open_source_file

_DATA_ENDINGS = (".csv", ".csv.gz", ".csv.zip", ".zip", ".parquet")
# FOCUS has four datasets; who has many more files here has several bills.
_LOOSE_FILES_OPENED = 12


@dataclass(frozen=True)
class FileBeside:
    """Another dataset of FOCUS that was delivered together with the bill."""

    path: Path
    dataset: OtherFile


@dataclass(frozen=True)
class Delivery:
    kind: Kind
    manifest: Path | None
    files: tuple[Path, ...]
    execution_id: str
    columns: tuple[str, ...]
    """Names of all columns as written, in the order they are first met."""
    sources: tuple[SourceFile, ...]
    beside: tuple[FileBeside, ...] = ()

    @property
    def place(self) -> Path:
        """What names the whole of it in a message."""
        return self.manifest or self.files[0]


def find_delivery(root: Path, *, period: Month) -> Delivery:
    """`root` is a synced bucket or prefix, the folder of one file, or the file itself.

    Raises BadInput where the manifest, a listed file or a file's header can't be taken.
    """
    with refused_if_unreadable(root):
        return _find(root, period)


def _find(root: Path, period: Month) -> Delivery:
    if root.is_file() and not is_manifest(root.name):
        return _delivery([root], manifest=None)
    folder = root.parent if root.is_file() else root
    if not folder.is_dir():
        raise BadInput("there is no such file or folder.", file=str(root), remedy="Check --bill.")
    places = sorted(
        path.relative_to(folder).as_posix() for path in files_below(folder) if path.is_file()
    )
    manifest = newest_manifest(_manifests(folder, places), period=period, root=root)
    if manifest is None:
        return _loose_delivery(folder, places)
    by_name = places_by_name(places)
    resolved = [resolve_key(key, by_name, manifest) for key in manifest.keys]
    for place, count in Counter(resolved).items():
        if count > 1:
            raise BadInput(
                "the manifest lists this file twice.",
                file=place,
                remedy="Fetch the manifest again; a file is never counted twice.",
            )
    beside = [
        folder / place
        for place in places
        if is_named_billing_periods(place) and place not in resolved
    ]
    listed = [folder / place for place in resolved]
    return _delivery(listed, manifest=manifest, periods=beside)


def _manifests(folder: Path, places: Iterable[str]) -> list[Manifest]:
    return [
        read_manifest(folder / place, place=place, modified_at=(folder / place).stat().st_mtime)
        for place in places
        if is_manifest(place)
    ]


def newest_manifest(manifests: Sequence[Manifest], *, period: Month, root: Path) -> Manifest | None:
    """The newest of the period; two exports under one root are never mixed."""
    wanted = [manifest for manifest in manifests if manifest.period in (period, None)]
    if manifests and not wanted:
        months = ", ".join(sorted({str(manifest.period) for manifest in manifests}))
        raise BadInput(
            f"no delivery of {period} is here, only of {months}.",
            file=str(root),
            remedy="Choose another --period or sync the missing partition.",
        )
    exports = sorted({manifest.export for manifest in wanted})
    if len(exports) > 1:
        raise BadInput(
            f"several exports are here: {', '.join(exports)}.",
            file=str(root),
            remedy="Give the folder of one of them; the same bill must not be counted twice.",
        )
    return max(wanted, key=lambda manifest: manifest.age_key, default=None)


def places_by_name(places: Iterable[str]) -> Mapping[str, Sequence[str]]:
    """By the last part of each, so that a key is compared with few of many."""
    by_name: dict[str, list[str]] = defaultdict(list)
    for place in places:
        by_name[PurePosixPath(place).name].append(place)
    return by_name


def resolve_key(key: str, places: Mapping[str, Sequence[str]], manifest: Manifest) -> str:
    """The place whose tail agrees longest with the key's; what is cut off may be leading only."""
    wanted = PurePosixPath(key).parts
    needed = _needed_tail(wanted)
    best: dict[int, list[str]] = {}
    for place in sorted(places.get(wanted[-1] if wanted else "", ())):
        have = PurePosixPath(place).parts
        same = _same_tail(wanted, have)
        if same and (same >= needed or same == len(have)):
            best.setdefault(same, []).append(place)
    if not best:
        raise BadInput(
            "the manifest lists this file, but it is not there.",
            file=key,
            remedy=f"Sync it again (manifest {manifest.place}); nothing was taken.",
        )
    longest = best[max(best)]
    if len(longest) > 1:
        raise BadInput(
            f"the manifest's file is there several times: {', '.join(longest)}.",
            file=key,
            remedy="Give the folder of one delivery.",
        )
    return longest[0]


def _needed_tail(parts: Sequence[str]) -> int:
    """From the period's folder on every part must agree, so that no other month's file is met."""
    for at, part in enumerate(parts):
        if partition_month(part) is not None:
            return len(parts) - at
    return len(parts)


def _same_tail(wanted: Sequence[str], have: Sequence[str]) -> int:
    same = 0
    for left, right in zip(reversed(wanted), reversed(have), strict=False):
        is_partition = partition_month(left) is not None
        if left != right and not (is_partition and left.lower() == right.lower()):
            break
        same += 1
    return same


def _loose_delivery(folder: Path, places: Iterable[str]) -> Delivery:
    """The one bill of a folder without manifest, and datasets of FOCUS that lie beside it.

    What its name says is the Billing Period dataset is no bill, also where it can't be read.
    """
    data = [folder / place for place in places if place.lower().endswith(_DATA_ENDINGS)]
    if len(data) == 1:
        return _delivery(data, manifest=None)
    periods = [path for path in data if is_named_billing_periods(path.name)]
    others = [path for path in data if path not in periods]
    if len(data) <= _LOOSE_FILES_OPENED and len([*filterfalse(_dataset_beside, others)]) == 1:
        return _delivery(others, manifest=None, periods=periods)
    raise BadInput(
        f"no manifest is here, and {len(data)} data files.",
        file=str(folder),
        remedy="Sync the export's `metadata` folder too, or give one file: without a manifest "
        "nobody knows which files belong together.",
    )


def _dataset_beside(path: Path) -> OtherFile | None:
    """What of FOCUS a file is that belongs beside a bill; None also for one that can't be read."""
    try:
        with refused_if_unreadable(path):
            return _beside(open_source_file(path))
    except BadInput:
        return None


def _beside(source: SourceFile) -> OtherFile | None:
    other = other_file(column.name for column in source.columns)
    return other if other is not None and other.is_beside_a_bill else None


def _delivery(
    paths: Sequence[Path], *, manifest: Manifest | None, periods: Sequence[Path] = ()
) -> Delivery:
    """`periods` are of the Billing Period dataset by their names; reading them may show a fault."""
    opened = [open_source_file(path) for path in paths]
    beside = [FileBeside(each.path, other) for each in opened if (other := _beside(each))]
    if len(beside) == len(opened):
        beside = []  # there is no bill among them, which is said of the first
    aside = {each.path for each in beside}
    sources = tuple(with_known_names(each) for each in opened if each.path not in aside)
    kinds = {
        str(source.path): detect_kind([column.name for column in source.columns])
        for source in sources
    }
    families = {"FOCUS" if kind.is_focus else kind for kind in kinds.values()}
    if len(families) > 1:
        raise BadInput(
            "the parts are of different kinds: "
            + ", ".join(f"{path} is {kind}" for path, kind in kinds.items()),
            file=str(sources[0].path),
            remedy="A foreign file is among them; sync the delivery again.",
        )
    names = dict.fromkeys(column.name for source in sources for column in source.columns)
    kind = max(kinds.values())
    return Delivery(
        kind=kind,
        manifest=manifest.path if manifest else None,
        files=tuple(source.path for source in sources),
        execution_id=manifest.execution_id if manifest else "",
        columns=tuple(names),
        sources=tuple(_read_as(source, kind) for source in sources),
        beside=(*beside, *(FileBeside(path, BILLING_PERIODS) for path in periods)),
    )


def _read_as(source: SourceFile, kind: Kind) -> SourceFile:
    if kind.is_legacy:
        return as_cur_2(source)
    return source if kind.is_focus else with_selected_keys(source)

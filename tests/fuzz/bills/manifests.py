"""Manifests that are swapped, damaged or away, and folders with more than one of them."""

import json
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from tests.fuzz.bills.delivering import deliver, manifest_of
from tests.fuzz.bills.mutations import parts_of
from tests.fuzz.bills.tables import MONTH, NEXT_MONTH, Format, encoded, random_table

# As Data Exports names an execution; a legacy report has the second half alone.
_OLDER: Final = "2026-10-20T03:00:00.000Z-00000000-0000-4000-8000-000000000001"
_NEWER: Final = "2026-10-21T03:00:00.000Z-00000000-0000-4000-8000-000000000002"
_OTHER_VALUES: Final = ([1], "bill", {"a": 1}, ["../../etc/passwd"], None, [], [None], [""])


def manifests(chance: random.Random, root: Path, form: Format) -> Path:
    change = chance.choice((_damaged, _listing, _swapped, _swapped, _versions, _beside))
    change(chance, root, form)
    return root


def _delivered(chance: random.Random, root: Path, form: Format) -> Path:
    """What the manifest of the month is."""
    deliver(root, form, [encoded(table, form) for table in parts_of(chance, form)])
    return root / manifest_of(form)


def _damaged(chance: random.Random, root: Path, form: Format) -> None:
    manifest = _delivered(chance, root, form)
    match chance.choice(("cut", "away", "absent", "flipped")):
        case "cut":
            text = manifest.read_bytes()
            manifest.write_bytes(text[: chance.randrange(len(text))])
        case "away":
            manifest.unlink()
        case "absent":
            chance.choice(sorted(root.rglob("bill-0*"))).unlink()
        case _:
            content = bytearray(manifest.read_bytes())
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
            manifest.write_bytes(content)


def _listing(chance: random.Random, root: Path, form: Format) -> None:
    """What it lists is more, less, twice there, elsewhere or no list."""

    def change(keys: Any) -> Any:
        match chance.choice(("more", "twice", "again", "elsewhere", "odd")):
            case "more":
                return [*keys, keys[0].replace("bill-00001", "bill-00009")]
            case "twice":
                return [*keys, keys[0]]
            case "again":
                return [*keys, keys[-1].removeprefix("s3://bucket/")]
            case "elsewhere":
                return [key.replace("bill-0", "bill-1") for key in keys]
            case _:
                return chance.choice(_OTHER_VALUES)

    _relist(_delivered(chance, root, form), change)


def _relist(manifest: Path, change: Callable[[Any], Any]) -> None:
    content: Mapping[str, Any] = json.loads(manifest.read_text())
    name = "dataFiles" if "dataFiles" in content else "reportKeys"
    manifest.write_text(json.dumps({**content, name: change(content[name])}))


def _swapped(chance: random.Random, root: Path, form: Format) -> None:
    """With those of the next month: all of it, or the files that are listed."""
    ours = _delivered(chance, root, form)
    next_bill = encoded(random_table(chance, form, NEXT_MONTH), form)
    deliver(root, form, [next_bill], NEXT_MONTH)
    theirs = root / manifest_of(form, NEXT_MONTH)
    if chance.random() < 0.5:
        first, second = ours.read_bytes(), theirs.read_bytes()
        ours.write_bytes(second)
        theirs.write_bytes(first)
        return
    content = json.loads(theirs.read_text())
    listed = content.get("dataFiles") or content["reportKeys"]
    is_mixed = chance.random() < 0.5
    _relist(ours, lambda keys: [*keys, *listed] if is_mixed else listed)


def _versions(chance: random.Random, root: Path, form: Format) -> None:
    """An older version of the month beside the newest; or the newest one's manifest is away."""
    for version in (_OLDER, _NEWER):
        parts = [encoded(table, form) for table in parts_of(chance, form)]
        deliver(root, form, parts, MONTH, version)
    if chance.random() < 0.3:
        (root / manifest_of(form, MONTH, _NEWER)).unlink()


def _beside(chance: random.Random, root: Path, form: Format) -> None:
    """Files of an earlier, longer delivery, manifests of other tools, or of another export."""
    manifest = _delivered(chance, root, form)
    data = max(root.rglob("bill-0*"))
    match chance.choice(("stale", "tool", "export")):
        case "stale":
            (data.parent / f"bill-00099{form.suffix}").write_bytes(data.read_bytes())
        case "tool":
            (manifest.parent / "bill-RedshiftManifest.json").write_text("{}")
        case _:
            (manifest.parent / "other-Manifest.json").write_bytes(manifest.read_bytes())

from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from services.attribution.domain.run_folders import RunFolders
from services.attribution.engine import engine_digest
from services.attribution.engine.output.outputs import allocations_file
from services.attribution.models import Run
from services.attribution.operations.ask import keep_answer
from services.attribution.operations.compute_run import compute_run
from services.attribution.queries.run_inputs import inputs_of_run
from shared.csv_files import read_rows
from shared.digests import sha256_of
from shared.isolation.scope import as_ops
from shared.lake.lake import Lake
from shared.periods import Month


def replay_run(*, answer_id: str, run_id: str, replay_id: str) -> None:
    """A job: the run once more from what it was made of, compared with what the lake holds of it.

    `replay_id` tells one replay from the next, so that each is computed. Another engine may give
    other bytes; `has_same_amounts` compares the statements, which no engine may change.
    """
    with as_ops():
        run = Run.objects.get(run_id=run_id)
        inputs = inputs_of_run(run)
    storage, folders = (
        Lake(settings.ENVIRONMENT).storage,
        RunFolders.below(settings.ENVIRONMENT.scratch_dir),
    )
    kept, kept_statements = (
        storage.fetch(f"{run.folder_uri}/{name}", folders.kept / name)
        for name in ("allocations.parquet", "statements.csv")
    )
    compute_run(inputs, Month.parse(run.period), run_id, folders)
    hashes = {
        "recorded": run.content_hash,
        "kept": sha256_of(kept),
        "replayed": sha256_of(allocations_file(folders.out)),
    }
    answer = {
        "replay_id": replay_id,
        "run_id": run_id,
        "period": run.period,
        "hashes": hashes,
        "is_same": len(set(hashes.values())) == 1,
        "engine": {"recorded": run.engine_digest, "current": engine_digest()},
        "has_same_amounts": _rows(folders.out / kept_statements.name) == _rows(kept_statements),
    }
    keep_answer(answer, kind="replay_run", answer_id=answer_id)


def _rows(statements: Path) -> Sequence[dict[str, str]]:
    """As they are read: how a text is written may differ between engines too."""
    return list(read_rows(statements.read_bytes().decode()))

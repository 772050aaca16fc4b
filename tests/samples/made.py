"""Bills as koku-nise and focus-data-toolkit write them, each run of a seed with the same rows.

Both are programs of others: they are started in an environment of their own, and nothing of them is
imported here.
"""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

SEED: Final = 7
_STATIC: Final = Path(__file__).with_name("nise")
_ROWS: Final = "2000"
# nise has no option for it. Which columns it puts tags into goes by the order of sets.
_SEEDED: Final = (
    f"import random, runpy; random.seed({SEED});"
    f" from faker import Faker; Faker.seed({SEED});"
    " runpy.run_module('nise', run_name='__main__')"
)
Provider = Literal["aws", "azure", "gcp"]


@dataclass(frozen=True)
class Programs:
    """What is made once lies in `work`, each in a folder of its own."""

    folder: Path
    work: Path

    def nise_aws(
        self, name: str, *arguments: str, report: str = "aws", currency: str = "USD"
    ) -> Path:
        """The bucket, with manifests and `.csv.gz` as AWS lays out a legacy CUR."""
        folder, is_new = self._folder(f"nise-{name}")
        bucket = folder / "bucket"
        if is_new:
            bucket.mkdir()
            place = ("--aws-s3-bucket-name", str(bucket), "--aws-s3-report-name", "cur")
            prefix = ("--aws-s3-report-prefix", "exports")
            self._nise(folder, "--currency", currency, report, *place, *prefix, *arguments)
        return bucket

    def nise_static(self, name: str, *arguments: str, currency: str = "USD") -> Path:
        """By one of the files of `nise/`."""
        static = ("--static-report-file", str(_STATIC / f"{name}.yaml"))
        return self.nise_aws(f"{name}-{currency}", *static, *arguments, currency=currency)

    def nise_files(self, report: str, *arguments: str) -> Path:
        """The folder of a report that has no bucket."""
        folder, is_new = self._folder(f"nise-{report}")
        if is_new:
            self._nise(folder, report, "--write-monthly", *arguments)
        return folder

    def nise_cluster(self, name: str) -> Path:
        file = str(_STATIC / f"{name}.yaml")
        return self.nise_files("ocp", "--static-report-file", file, "--ocp-cluster-id", "prod")

    def focus(self, provider: Provider, version: str) -> Path:
        """The folder of what focus-data-toolkit writes of a version."""
        folder, is_new = self._folder(f"focus-{provider}-{version}")
        if is_new:
            made = ("--provider", provider, "--focus-version", version, "--rows", _ROWS)
            self._toolkit("generate", *made, "--seed", str(SEED), "--out", str(folder))
        return folder

    def focus_1_4(self, provider: Provider, version: str, mode: str) -> Path:
        """Of a version the folder that it makes of it for 1.4; `strict` or `synthetic`."""
        source = self.focus(provider, version)
        folder = self.work / f"focus-{provider}-{version}-as-1.4-{mode}"
        if not folder.is_dir():
            given = ["--cost-and-usage", str(only(source, "*cost_and_usage*.csv"))]
            for contracts in source.glob("*contract_commitment*.csv"):
                given += ["--contract-commitment", str(contracts)]
            given += ["--out", str(folder), "--mode", mode, "--exit-policy", "pipeline"]
            self._toolkit("convert", *given)
        return folder

    def _folder(self, name: str) -> tuple[Path, bool]:
        folder = self.work / name
        is_new = not folder.is_dir()
        folder.mkdir(parents=True, exist_ok=True)
        return folder, is_new

    def _nise(self, folder: Path, *arguments: str) -> None:
        command = [self.folder / "python", "-c", _SEEDED, "report", *arguments]
        self._run(command, folder)

    def _toolkit(self, *arguments: str) -> None:
        self._run([self.folder / "focus-toolkit", *arguments], self.work)

    def _run(self, command: Sequence[str | Path], folder: Path) -> None:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONHASHSEED": "0"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise UnableToMake(f"{command[0]} ended with {done.returncode}: {done.stderr[-2000:]}")


class UnableToMake(Exception):
    """One of the programs is not there, or has failed."""


def only(folder: Path, pattern: str) -> Path:
    [path] = folder.glob(pattern)
    return path

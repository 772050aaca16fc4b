"""The stack that controls share, and how a protection is taken from it for a while."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from deploy.local.home import Home
from deploy.local.session import stack_session
from deploy.local.stack import Stack
from deploy.sample_company.months import SampleMonth
from deploy.sample_company.write import Sample
from shared.faults import Fault
from shared.vocabulary.modes import Mode
from tests.controls.as_booted import AsBooted
from tests.system.close_run import CloseRun

_CLOSE_SECONDS = 180
_UNCHECKED = """
    CREATE OR REPLACE FUNCTION subject(kind text) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
    AS $$ SELECT split_part(current_setting('app.subject', true), '|', -1) $$
"""


@dataclass
class Ground:
    """A stack in test mode; each close on it begins as if nobody had done anything before."""

    stack: Stack
    _injected: Path
    _booted: AsBooted
    _samples: dict[SampleMonth, Sample] = field(default_factory=dict)
    _has_invoices: bool = False

    @contextmanager
    def close(
        self, *, faults: str = "", until: str = "", patience_seconds: float = _CLOSE_SECONDS
    ) -> Iterator[CloseRun]:
        """One that has begun; `until` as of `CloseRun`."""
        self._booted.restore()
        self._has_invoices = False
        with (
            self.injected(faults),
            CloseRun(
                self.stack, patience_seconds=patience_seconds, samples=self._samples, until=until
            ) as run,
        ):
            run.start()
            yield run

    def need_invoices(self) -> None:
        """A close up to the restatement, unless one has been made: one of two invoices is paid."""
        if self._has_invoices:
            return
        with self.close(until="restatement") as run:
            run.finish()
        if run.problem:
            raise Fault(run.problem)
        self._has_invoices = True

    @contextmanager
    def injected(self, faults: str) -> Iterator[None]:
        """Faults that the services' own code has for tests (TRUEBACK_FAULT_INJECTION)."""
        self._injected.write_text(faults, encoding="utf-8")
        try:
            yield
        finally:
            self._injected.write_text("", encoding="utf-8")

    @contextmanager
    def row_security_off(self, service: str) -> Iterator[None]:
        """For the login of customers' requests."""
        login = sql.Identifier(f"{service}_app")
        with self._administrator(service) as administrator:
            administrator.execute(sql.SQL("ALTER ROLE {} BYPASSRLS").format(login))
            try:
                yield
            finally:
                administrator.execute(sql.SQL("ALTER ROLE {} NOBYPASSRLS").format(login))

    @contextmanager
    def subjects_unchecked(self, service: str) -> Iterator[None]:
        """The subject is whatever a connection states, as before its tokens were checked."""
        with self._administrator(service) as administrator:
            query = "SELECT pg_get_functiondef('subject(text)'::regprocedure)"
            ((checked,),) = administrator.execute(query).fetchall()
            administrator.execute(_UNCHECKED)
            try:
                yield
            finally:
                administrator.execute(checked)

    def _administrator(self, service: str) -> psycopg.Connection[Any]:
        url = self.stack.servers.postgres_url.rsplit("/", 1)[0]
        return psycopg.connect(f"{url}/{service}", autocommit=True)


@contextmanager
def ground() -> Iterator[Ground]:
    with (
        tempfile.TemporaryDirectory(prefix="trueback-controls-") as name,
        pytest.MonkeyPatch.context() as environment,
    ):
        folder = Path(name).resolve()
        folder.chmod(0o755)  # as root its PostgreSQL is another user
        injected = folder / "faults"
        environment.setenv("TRUEBACK_FAULT_INJECTION", f"@{injected}")
        with stack_session(Home(folder / "home"), Mode.TEST) as stack:
            yield Ground(stack, injected, AsBooted.of(stack))

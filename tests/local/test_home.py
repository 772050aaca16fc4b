import os
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from deploy.local.business_date import business_environment, keep_business_date
from deploy.local.home import Home
from shared.vocabulary.modes import Mode


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """With something outside it, where as root PostgreSQL has its data."""
    yield from made_home(tmp_path / "home", Mode.TEST)


@pytest.fixture
def live_home(tmp_path: Path) -> Iterator[Home]:
    yield from made_home(tmp_path / "live", Mode.LIVE)


@pytest.fixture
def another_home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path / "another")
    yield made
    made.reset()


def made_home(path: Path, mode: Mode) -> Iterator[Home]:
    made = Home(path)
    made.create()
    made.keep_mode(mode)
    (made.make_outside() / "kept").touch()
    yield made
    made.reset()


def serve(home: Home, process: int) -> None:
    (home.outside / "postgres").mkdir()
    (home.outside / "postgres" / "postmaster.pid").write_text(f"{process}\n/data\n")


class TestWhatLiesOutside:
    def test_stays_at_the_next_start(self, home: Home) -> None:
        home.create()
        assert (home.outside / "kept").exists()

    def test_of_a_home_that_was_deleted_is_not_for_the_next_one(self, home: Home) -> None:
        shutil.rmtree(home.path)
        home.create()
        assert not home.outside.exists()

    def test_of_a_home_that_was_deleted_goes_when_another_stack_starts(
        self, home: Home, another_home: Home
    ) -> None:
        serve(home, process=2**22 + 1)  # beyond what the kernel numbers
        shutil.rmtree(home.path)
        another_home.create()
        assert not home.outside.exists()

    def test_of_a_home_that_is_there_stays_when_another_stack_starts(
        self, home: Home, another_home: Home
    ) -> None:
        another_home.create()
        assert (home.outside / "kept").exists()

    def test_stays_while_a_server_uses_it(self, home: Home, another_home: Home) -> None:
        serve(home, process=os.getpid())
        shutil.rmtree(home.path)
        another_home.create()
        assert (home.outside / "kept").exists()

    def test_of_a_live_stack_stays_wherever_its_home_is(
        self, live_home: Home, another_home: Home
    ) -> None:
        shutil.rmtree(live_home.path)
        another_home.create()
        assert (live_home.outside / "kept").exists()

    def test_that_says_nothing_or_another_home_stays(self, home: Home, another_home: Home) -> None:
        shutil.rmtree(home.path)
        for claim in (None, "/nowhere"):
            (home.outside / "home").unlink(missing_ok=True)
            if claim is not None:
                (home.outside / "home").write_text(claim)
            another_home.create()
            assert (home.outside / "kept").exists()

    def test_of_another_user_stays(
        self, home: Home, another_home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shutil.rmtree(home.path)
        with monkeypatch.context() as other:
            other.setattr(os, "geteuid", lambda: os.getuid() + 1)
            another_home.create()
        assert (home.outside / "kept").exists()


class TestBusinessDate:
    def test_is_that_of_the_first_start(self, tmp_path: Path) -> None:
        home = Home(tmp_path / "demo")
        assert business_environment(home) == {}
        keep_business_date(home, date(2026, 11, 23))
        keep_business_date(home, date(2026, 12, 23))
        assert business_environment(home) == {
            "TRUEBACK_TODAY": "2026-11-23",
            "TRUEBACK_TODAY_SINCE": str(datetime.now(UTC).date()),
        }

    def test_is_forgotten_with_the_rest(self, tmp_path: Path) -> None:
        home = Home(tmp_path / "demo")
        keep_business_date(home, date(2026, 11, 23))
        home.reset()
        assert business_environment(home) == {}

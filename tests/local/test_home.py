import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """With something outside it, where as root PostgreSQL has its data."""
    made = Home(tmp_path / "home")
    made.create()
    made.outside.mkdir()
    (made.outside / "kept").touch()
    yield made
    made.reset()


class TestWhatLiesOutside:
    def test_stays_at_the_next_start(self, home: Home) -> None:
        home.create()
        assert (home.outside / "kept").exists()

    def test_of_a_home_that_was_deleted_is_not_for_the_next_one(self, home: Home) -> None:
        shutil.rmtree(home.path)
        home.create()
        assert not home.outside.exists()

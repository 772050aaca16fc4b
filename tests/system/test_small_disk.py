"""The disk of a drill is full when it is told to be, and never of what it had before."""

import errno

import pytest

from tests.system.small_disk import small_disk


@pytest.fixture
def disk(tmp_path):
    with small_disk(tmp_path / "scratch") as disk:
        if disk is None:
            pytest.skip("nothing can be mounted here")
        yield disk


def test_takes_no_byte_more_until_it_has_room_again(disk):
    file = disk.folder / "part.parquet"
    file.write_bytes(b"a" * 100_000)
    with disk.full(), pytest.raises(OSError, match="No space") as refused:
        (disk.folder / "next").write_bytes(b"b")
    assert refused.value.errno == errno.ENOSPC
    assert file.stat().st_size == 100_000
    (disk.folder / "next").write_bytes(b"b")


def test_is_full_where_nothing_lies_there_yet(disk):
    with disk.full(), pytest.raises(OSError, match="No space"):
        (disk.folder / "first").write_bytes(b"a")


def test_leaves_nothing_mounted(tmp_path):
    with small_disk(tmp_path / "scratch"):
        (tmp_path / "scratch" / "part").write_bytes(b"a")
    assert not (tmp_path / "scratch").is_mount()

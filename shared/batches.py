from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


def batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Lists of `size` items, the last one shorter; `items` is read no further than is asked."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch

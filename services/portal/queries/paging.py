from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Paging:
    """Which rows of how many are shown, from 1; neighbours are page numbers."""

    first: int
    last: int
    total: int
    previous: int | None
    next: int | None


def page_of(rows: QuerySet[Row], *, page: int, size: int) -> tuple[Paging | None, list[Row]]:
    """No paging for what fits on one page; a page past the end is the last one."""
    total = rows.count()
    page = min(max(page, 1), max(1, -(-total // size)))
    start = (page - 1) * size
    shown = list(rows[start : start + size])
    if total <= size:
        return None, shown
    last = start + len(shown)
    return (
        Paging(
            first=start + 1,
            last=last,
            total=total,
            previous=page - 1 if page > 1 else None,
            next=page + 1 if last < total else None,
        ),
        shown,
    )

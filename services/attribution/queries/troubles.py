from collections.abc import Iterator
from datetime import datetime

from shared.health.read import common_troubles
from shared.health.trouble import Trouble
from shared.proposals.read import waiting_proposals


def read_troubles(now: datetime) -> Iterator[Trouble]:
    yield from common_troubles(now)
    yield from waiting_proposals(now)

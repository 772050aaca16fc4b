"""What every service can say of itself."""

from collections.abc import Collection, Iterator
from datetime import datetime

from shared.health.dependencies import Probe, common_probes, dependency_troubles
from shared.health.job_troubles import job_troubles
from shared.health.messages import message_troubles
from shared.health.processes import process_troubles
from shared.health.trouble import Trouble
from shared.vocabulary.troubles import TroubleCode, TroubleKind


def common_troubles(
    now: datetime, *, settled: Collection[str] = (), probes: Collection[Probe] = ()
) -> Iterator[Trouble]:
    """In the staff's scope. `settled` as of `job_troubles`, `probes` of what one service needs."""
    yield from message_troubles(now)
    yield from job_troubles(now, settled=settled)
    outside = list(dependency_troubles([*common_probes(), *probes], now))
    yield from outside
    is_broker_away = any(
        (each.kind, each.code) == (TroubleKind.BROKER, TroubleCode.AWAY) for each in outside
    )
    yield from process_troubles(now, without_broker=is_broker_away)

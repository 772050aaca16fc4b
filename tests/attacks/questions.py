"""One person asks more than a service can answer."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Final

from deploy.demo.line import OLIVIA
from tests.attacks.attack import Case, attack
from tests.attacks.victim import VIC, Victim

_ASKED: Final = 40
_WAITING_MAX: Final = 3
_WAITING: Final = (
    "select count(*) from attribution_job"
    " where requested_by = %s and state in ('queued', 'running')"
)


@attack("everybody else waits while the forty questions of one viewer are answered")
def forty_of_one(victim: Victim) -> Iterator[Case]:
    path = f"/api/v1/periods/{victim.period}/explanations"

    def ask(number: int) -> int:
        wanted = {"tenant": victim.tenant, "rows": str(number + 1)}
        return victim.ask(VIC, "attribution", "GET", path, params=wanted).status_code

    with ThreadPoolExecutor(8) as at_once:
        codes = list(at_once.map(ask, range(_ASKED)))
    count = victim.rows("attribution", _WAITING, VIC.name)[0][0]
    yield Case("three wait", f"{count} of them wait" if count > _WAITING_MAX else "")
    refused = codes.count(HTTPStatus.TOO_MANY_REQUESTS)
    wrong = sorted({code for code in codes if code not in {200, 202, 429}})
    problem = "" if refused and not wrong else f"{refused} were refused with 429; others: {wrong}"
    yield Case("the others are refused", problem)
    answer = victim.ask(OLIVIA, "attribution", "GET", path, params={"tenant": victim.tenant})
    is_heard = answer.status_code in {HTTPStatus.OK, HTTPStatus.ACCEPTED}
    yield Case("somebody else may ask", "" if is_heard else f"Olivia got {answer.status_code}")

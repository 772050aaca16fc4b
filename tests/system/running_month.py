"""The month that is not over, which AWS delivers again and again: work while faults are done."""

import threading
from collections.abc import Callable
from contextlib import closing
from itertools import cycle
from typing import Final

from deploy.demo.delivery import Deliveries
from deploy.local.lake import connect
from deploy.local.servers import Servers
from deploy.local.waiting import Patience
from deploy.sample_company.months import SampleMonth
from shared.faults import Fault

# Each is collected and attributed within some five seconds where nothing is done to it.
_EVERY_SECONDS: Final = 6
# AWS delivers a few times a day: what waits longer than a fault lasts would only prolong a run.
_WAITING_MAX: Final = 3


class RunningMonth:
    """Its first delivery and its restatement in turn; the last is the restatement.

    `last_total` is in US dollars.
    """

    def __init__(
        self,
        servers: Servers,
        month: SampleMonth,
        *,
        waiting_count: Callable[[], int],
        patience_seconds: float,
    ) -> None:
        """`waiting_count` is of deliveries that are not collected yet."""
        self.problem = ""
        self._month = month
        self._waiting_count = waiting_count
        self._storage = connect(servers)
        root = servers.home.data / "sample"
        self._deliveries = Deliveries(self._storage, root, Patience(patience_seconds))
        # Written here, before the line reads the configuration that lies beside each month.
        self._deliveries.sample(month)
        self.last_total = self._deliveries.sample(month.restated).bill_total
        self._is_enough = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def finish(self) -> None:
        self._is_enough.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            with closing(self._storage):
                for month in cycle((self._month, self._month.restated)):
                    self._deliveries.put(month)
                    while not self._is_enough.wait(_EVERY_SECONDS):
                        if self._waiting_count() <= _WAITING_MAX:
                            break
                    if self._is_enough.is_set():
                        break
                self._deliveries.put(self._month.restated)
        except Fault as fault:
            self.problem = str(fault)

    def __str__(self) -> str:
        return str(self._month)

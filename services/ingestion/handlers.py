"""What arrives from queues and clocks; each line is one call of an operation."""

from collections.abc import Callable, Mapping
from typing import Any

from services.ingestion.operations.collect_bill import collect_bill
from services.ingestion.operations.collect_files import collect_files
from services.ingestion.operations.find_deliveries import find_deliveries
from shared.jobs.work import JobHandler

HANDLERS: Mapping[str, Callable[[Any], None]] = {}

SCHEDULE: Mapping[str, Callable[[], None]] = {"find deliveries": find_deliveries}

JOBS: Mapping[str, JobHandler] = {
    "collect_bill": lambda payload: collect_bill(**payload),
    "collect_signals": lambda payload: collect_files(**payload),
    "collect_workloads": lambda payload: collect_files(**payload),
}

from enum import StrEnum


class RevisionCause(StrEnum):
    """Why a closed month comes out otherwise by its current run.

    `correction`: the bill is another one, and so are its lines of ChargeClass Correction (FOCUS);
    `bill`: it is another one without that. `software`: trueback itself is.
    """

    BILL = "bill"
    CORRECTION = "correction"
    SIGNALS = "signals"
    WORKLOADS = "workloads"
    RULES = "rules"
    SOFTWARE = "software"

from enum import StrEnum


class RevisionCause(StrEnum):
    """Why a closed month comes out otherwise by its current run.

    `bill_corrected`: the bill is another one, and so are its lines of ChargeClass Correction
    (FOCUS); `bill_restated`: it is another one without that.
    """

    BILL_CORRECTED = "bill_corrected"
    BILL_RESTATED = "bill_restated"
    SIGNALS_CHANGED = "signals_changed"
    WORKLOADS_CHANGED = "workloads_changed"
    RULES_CHANGED = "rules_changed"
    ENGINE_CHANGED = "engine_changed"

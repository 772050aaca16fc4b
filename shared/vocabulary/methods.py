"""How a cost was allocated: the column `method` of allocations and statements."""

from enum import StrEnum


class Method(StrEnum):
    RULE = "rule"
    LABEL = "label"
    POD = "pod"
    TASK = "task"
    DEFAULT = "default"
    LATE_CORRECTION = "late-correction"
    """In place of the four above, of what belongs to an earlier month and stays in its bill."""
    POOL_SIGNAL = "pool-signal"
    POOL_PROPORTIONAL = "pool-proportional"
    POOL_EVEN = "pool-even"
    POOL_WEIGHTS = "pool-weights"
    NONE = "none"

"""From a snapshot, a ruleset and signals to allocations with their proof: DuckDB over files."""

from services.attribution.engine.attribute import attribute, attribute_prepared
from services.attribution.engine.inputs.earlier_months import SetApart, set_apart
from services.attribution.engine.output.outputs import statement_days
from services.attribution.engine.prepared.preparation import PreparedInputs, prepare
from services.attribution.engine.result import (
    Coverage,
    Exchange,
    MovedLines,
    Run,
    Statement,
    StatementDay,
    Usage,
)
from services.attribution.engine.version import engine_digest

__all__ = [
    "Coverage",
    "Exchange",
    "MovedLines",
    "PreparedInputs",
    "Run",
    "SetApart",
    "Statement",
    "StatementDay",
    "Usage",
    "attribute",
    "attribute_prepared",
    "engine_digest",
    "prepare",
    "set_apart",
    "statement_days",
]

"""From a snapshot, a ruleset and signals to allocations with their proof: DuckDB over files."""

from services.attribution.engine.attribute import attribute, attribute_prepared
from services.attribution.engine.output.outputs import statement_days
from services.attribution.engine.prepared.preparation import PreparedInputs, prepare
from services.attribution.engine.result import Coverage, Run, Statement, StatementDay, Usage
from services.attribution.engine.version import engine_digest

__all__ = [
    "Coverage",
    "PreparedInputs",
    "Run",
    "Statement",
    "StatementDay",
    "Usage",
    "attribute",
    "attribute_prepared",
    "engine_digest",
    "prepare",
    "statement_days",
]

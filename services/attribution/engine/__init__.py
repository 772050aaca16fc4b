"""From a snapshot, a ruleset and signals to allocations with their proof: DuckDB over files."""

from services.attribution.engine.attribute import attribute
from services.attribution.engine.run import Coverage, Run, Statement, StatementDay, Usage, UsageDay

__all__ = ["Coverage", "Run", "Statement", "StatementDay", "Usage", "UsageDay", "attribute"]

"""Why an amount is what it is."""

from services.attribution.engine.explain.explanation import NothingToExplain, explain

__all__ = ["NothingToExplain", "explain"]

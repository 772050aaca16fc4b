"""A run's charges, or what of each bill line went to one tenant, in the names of FOCUS 1.3."""

from services.attribution.engine.focus_export.export import export_focus
from services.attribution.engine.focus_export.files import FocusInputs

__all__ = ["FocusInputs", "export_focus"]

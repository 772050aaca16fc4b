"""An invoice as it is kept: its fact in the newest form, and for one release in the older too."""

from collections.abc import Mapping
from typing import Any

from shared.contracts.superseded.invoices import downgraded_document, upgraded_document


def both_forms(details: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a row: `document` is what a process of the release before reads."""
    return {"fact": details, "document": downgraded_document(details)}


def newest_form(fact: dict[str, Any] | None, document: dict[str, Any]) -> dict[str, Any]:
    return upgraded_document(document) if fact is None else fact

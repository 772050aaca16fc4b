"""Ids in addresses and forms."""

from uuid import UUID

from django.http import Http404


def uuid_or_404(text: str) -> UUID:
    """What is no id names nothing. Raises Http404."""
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404 from error

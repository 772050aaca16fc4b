"""When two written values mean the same tenant."""

import unicodedata


def folded(value: str) -> str:
    """Tenant values are compared trimmed, in Unicode's NFC and without regard to case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", value).strip().casefold())

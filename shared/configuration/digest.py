"""One fingerprint of a ruleset, the same however the file is laid out."""

import hashlib
import json

from shared.configuration.models import Configuration


def ruleset_digest(config: Configuration) -> str:
    """SHA-256 of the canonical JSON: defaults filled in, keys sorted, numbers by their value."""
    content = config.model_dump(mode="json", by_alias=True)
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()

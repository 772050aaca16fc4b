"""One fingerprint of a ruleset, the same however the file is laid out."""

import hashlib
import json
from typing import Final

from shared.configuration.billing import Billing, Brake
from shared.configuration.models import Configuration

# What prices and parties say changes no cost.
_COMMERCIAL: Final = {"plans", "customers", "seller"}


def ruleset_digest(config: Configuration) -> str:
    """SHA-256 of the canonical JSON of what attribution rests on.

    Defaults filled in, keys sorted, numbers by their value; plans, customers and seller left out.
    """
    content = config.model_dump(mode="json", by_alias=True, exclude=_COMMERCIAL)
    # A file from before there were such keys is still the same ruleset.
    if config.billing == Billing():
        del content["billing"]
    elif config.billing.brake == Brake():
        del content["billing"]["brake"]
    if config.corrections == "charge_period":
        del content["corrections"]
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()

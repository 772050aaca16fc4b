"""Who an allocation goes to: a tenant by its key, or one of these."""

from typing import Final

UNALLOCATED: Final = "unallocated"
OVERHEAD: Final = "overhead:"
EXCLUDED: Final = "excluded:"
UNMAPPED: Final = "unmapped:"
"""And the value that is no known tenant."""
UNMETERED: Final = "unmetered:"
"""And the pool whose signals leave it open."""
IDLE: Final = "idle:"
"""And the cluster."""
POOL: Final = "pool:"
"""And the pool that is split on. Also before the charge group of what a pool gave a tenant."""


def is_pooled(charge_group: str) -> bool:
    return charge_group.startswith(POOL)

from pydantic import Field

from shared.runtime.environment import ServiceEnvironment


class AttributionEnvironment(ServiceEnvironment):
    """A ruleset that touches more tenants than this since two people agreed needs a second one."""

    second_person_above_tenants: int = Field(default=0, ge=0)

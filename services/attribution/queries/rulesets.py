from services.attribution.models import Ruleset
from shared.configuration import Configuration, parse_configuration
from shared.configuration.billing import Reclose
from shared.faults import BadConfiguration


def readable_ruleset(ruleset: Ruleset) -> Configuration | None:
    """None for one of an earlier release that is no ruleset any more."""
    try:
        return parse_configuration(ruleset.content)
    except BadConfiguration:
        return None


def meters_needed(configuration: Configuration) -> frozenset[str]:
    """Those that a driver reads, or holds what it reads against."""
    return frozenset(
        meter
        for pool in configuration.pools
        for driver in pool.drivers
        for meter in (*driver.meters, *driver.controls)
    )


def meters_of(ruleset: Ruleset) -> frozenset[str]:
    if ruleset.meters is not None:
        return frozenset(ruleset.meters)
    return meters_needed(parse_configuration(ruleset.content))


def reclose_of(ruleset: Ruleset) -> Reclose:
    """By a person, where the file can't be read any more."""
    if ruleset.reclose is not None:
        return Reclose(**ruleset.reclose)
    configuration = readable_ruleset(ruleset)
    return configuration.billing.reclose if configuration else Reclose(mode="by_hand")

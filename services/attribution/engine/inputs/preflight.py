"""What a ruleset asks for and can't be done is refused or reported, never ignored."""

from collections.abc import Collection, Iterator

from services.attribution.domain.near_names import near_names
from shared.configuration import principals
from shared.configuration.models import Configuration, Selector
from shared.faults import BadConfiguration
from shared.findings import Finding

_SILENT = "it went by its next driver"
_UNCONTROLLED = "nothing of it counts as unmetered"


def check_settings(config: Configuration, *, has_workloads: bool) -> None:
    if config.smoothing_scope is not None and config.cost != "EffectiveCost":
        raise BadConfiguration(
            "what was billed is not smoothed: it holds the fees, not the rates.",
            file=config.file,
            field="commitments",
            remedy="Write `cost: EffectiveCost`, or `commitments: as_billed`.",
        )
    for place, selector in _selectors(config):
        if selector.k8s is not None and not has_workloads:
            raise BadConfiguration(
                "selecting by Kubernetes needs workloads, and none are given.",
                file=config.file,
                field=f"{place}.when.k8s",
                remedy="Give --workloads, or select by account, service, resource or tags.",
            )


def unused_settings(config: Configuration, *, has_workloads: bool) -> Iterator[Finding]:
    """Settings that have no effect on this run."""
    if config.commitment_groups and config.smoothing_scope != "group":
        yield Finding(
            "not-used",
            "`commitment_groups` are of use with `commitments: {smoothed: group}` alone.",
        )
    if has_workloads:
        return
    if config.defaults.clusters:
        yield Finding("not-used", "`defaults.clusters` needs workloads; no line was claimed by it.")
    unread = sorted(_source_kinds(config) - {"tag", "ecs.tag", principals.SOURCE})
    if unread:
        listed = ", ".join(unread)
        yield Finding("not-used", f"Labels from {listed} need workloads; only the bill was read.")


def _source_kinds(config: Configuration) -> set[str]:
    return {source.split(":", 1)[0] for listed in config.labels.values() for source in listed}


def unmetered_drivers(config: Configuration, metered: Collection[str]) -> Iterator[Finding]:
    """Drivers whose meter no signal has; what they would split goes by the next one."""
    for pool in config.pools:
        meters = {
            **{meter: _UNCONTROLLED for driver in pool.drivers for meter in driver.controls},
            **{meter: _SILENT for driver in pool.drivers for meter in driver.meters},
        }
        for meter, effect in meters.items():
            if meter not in metered:
                near = near_names(meter, metered)
                meant = f" Did you mean `{near[0]}`?" if near else ""
                yield Finding(
                    "silent-meter",
                    f"Pool {pool.name}: no signal has the meter `{meter}`; {effect}.{meant}",
                )


def _selectors(config: Configuration) -> Iterator[tuple[str, Selector]]:
    for rule in config.rules:
        yield f"rules.{rule.name}", rule.when
    for pool in config.pools:
        if pool.when is not None:
            yield f"pools.{pool.name}", pool.when

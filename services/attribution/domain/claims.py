"""The order of claims: rules, labels, pools, defaults, else unallocated or unmapped.

First match wins and each line is claimed exactly once (docs/reference/allocation.md). A rule names
its tenant outright, so it holds whether or not the tenant is active; a rule's own dates limit it. A
label's value that nobody knows, or whose tenant is not active on that day, claims nothing: the line
goes on to pools and defaults and is `unmapped:<value>` only where these do not take it. One that
only looks like a single tenant's value is taken for it, and the claim says so.

A line that pays for a node or a volume of a cluster is divided among the pods there, or the tasks,
unless a rule or the tenant's own tag takes it whole. Each pod's part is then claimed in the same
order, and what no pod took of a node is idle.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from services.attribution.domain.lines import (
    Label,
    LineKey,
    matches,
    matches_bill,
    may_match_pods,
)
from services.attribution.domain.tenants import TenantDirectory
from shared.characters import shown
from shared.configuration.models import Assignment, Configuration
from shared.vocabulary.methods import Method
from shared.vocabulary.recipients import EXCLUDED, IDLE, OVERHEAD, POOL, UNALLOCATED, UNMAPPED

Kind = Literal["tenant", "pool", "overhead", "excluded", "unallocated"]

CLUSTER_TAG = "aws:eks:cluster-name"

_ECS = "ecs."
_WHOLE = frozenset(["tenant", "overhead", "excluded"])
_OWN_SOURCES = {"pod": "k8s.", "task": _ECS}


@dataclass(frozen=True)
class Claim:
    kind: Kind
    recipient: str
    """The tenant's key, the pool's name, or the pseudo tenant the money is shown under."""
    method: str
    rule: str
    reason: str = ""
    tag_key: str = ""
    tag_value: str = ""
    also_matched: tuple[str, ...] = ()
    """Further pools that would have taken the line."""
    unknown_value: str = ""
    """Of the label, as it is written, where no tenant has it, whoever got the line."""
    is_divided: bool = False
    """The line goes to its pods, and the claim is for what these leave."""


class Claims:
    def __init__(self, config: Configuration) -> None:
        self._config = config
        self._directory = TenantDirectory(config)
        self._sources = config.tenant_labels

    def of(self, line: LineKey) -> Claim:
        """Of a line as a whole or, where it names a pod, of that pod's part of it.

        What rules, labels and defaults take of a line that belongs to an earlier month, and stays
        in its bill's, has a method of its own; so it is seen wherever cost is.
        """
        claim = self._of(line)
        if line.late_month and claim.kind in _WHOLE:
            return replace(claim, method=Method.LATE_CORRECTION)
        return claim

    def _of(self, line: LineKey) -> Claim:
        if line.carrier and line.pod is None and self._is_divided(line):
            left = self._by_rule(line) or self._by_label(line) or self._idle(line)
            return replace(left, is_divided=True)
        return (
            self._by_rule(line)
            or self._by_label(line)
            or self._by_pool(line)
            or self._by_default(line)
            or self._unclaimed(line)
        )

    def _is_divided(self, line: LineKey) -> bool:
        """Pods may take parts of it before a rule or a tag takes it whole."""
        for rule in self._config.rules:
            if matches_bill(rule.when, line):
                if rule.when.k8s is None:
                    return False
                if may_match_pods(rule.when.k8s, line.cluster):
                    return True
        claim = self._by_label(line)
        return claim is None or any(map(_is_divided_by, self._sources[: self._place(claim.rule)]))

    def _by_rule(self, line: LineKey) -> Claim | None:
        for rule in self._config.rules:
            if matches(rule.when, line):
                return _assigned(rule.assign, rule.name)
        return None

    def _by_label(self, line: LineKey) -> Claim | None:
        for label, method in self._labels(line):
            key, value = self._owner(label.value)
            if key is not None and self._directory.is_active(key, line.day):
                return Claim("tenant", key, method, _label_rule(label), unknown_value=value)
        return None

    def _owner(self, value: str) -> tuple[str | None, str]:
        """The value itself as well, where it only looks like the one tenant's."""
        key = self._directory.key_of(value)
        if key is not None:
            return key, ""
        alike = self._directory.keys_seen_in(value)
        return (next(iter(alike)), value) if len(alike) == 1 else (None, value)

    def _labels(self, line: LineKey) -> Iterator[tuple[Label, str]]:
        """The tag's and the pod's, as `labels.tenant` orders them, with the method of each."""
        labels: list[tuple[Label, str]] = []
        if line.label is not None:
            of_task = line.label.source.startswith(_ECS)
            labels.append((line.label, Method.TASK if of_task else Method.LABEL))
        if line.pod is not None and line.pod.label is not None:
            labels.append((line.pod.label, line.pod.kind))
        yield from sorted(labels, key=lambda label: self._place(label[0].source))

    def _place(self, source: str) -> int:
        return self._sources.index(source)

    def _idle(self, line: LineKey) -> Claim:
        return Claim("unallocated", IDLE + line.cluster, Method.NONE, IDLE + self._config.idle)

    def _by_pool(self, line: LineKey) -> Claim | None:
        names = [
            pool.name
            for pool in self._config.pools
            if pool.when is not None and matches(pool.when, line)
        ]
        if not names:
            return None
        first, *others = names
        return Claim("pool", first, "pool", POOL + first, also_matched=tuple(others))

    def _by_default(self, line: LineKey) -> Claim | None:
        cluster = line.cluster or line.cluster_tag
        places = (
            (f"cluster:{cluster}", self._config.defaults.clusters.get(cluster)),
            (f"account:{line.account}", self._config.defaults.accounts.get(line.account)),
        )
        for place, key in places:
            if key is not None and self._directory.is_active(key, line.day):
                return Claim("tenant", key, Method.DEFAULT, place)
        return None

    def _unclaimed(self, line: LineKey) -> Claim:
        pod = line.pod
        label = (pod.label if pod is not None else None) or line.label
        if label is not None:
            key, value = _bare(label.source), shown(label.value)
            claim = _nobodys(UNMAPPED + value, "unknown-value", key, value)
            return replace(claim, unknown_value=label.value)
        if line.cluster_tag:
            tag = line.cluster_tag
            return _nobodys(UNALLOCATED, "unknown-node", CLUSTER_TAG, tag)
        own = _OWN_SOURCES[pod.kind] if pod is not None else ""
        asked = [source for source in self._sources if source.startswith(own)]
        missing = next(iter([*asked, *self._sources]), "")
        return _nobodys(UNALLOCATED, "no-label", _bare(missing))


def _nobodys(recipient: str, reason: str, tag_key: str, tag_value: str = "") -> Claim:
    return Claim("unallocated", recipient, Method.NONE, "", reason, tag_key, tag_value)


def _is_divided_by(source: str) -> bool:
    return source.startswith(tuple(_OWN_SOURCES.values()))


def _label_rule(label: Label) -> str:
    """AWS takes tags from a service to its tasks, but none from a capacity provider or cluster."""
    if not label.origin:
        return label.source
    inferred = "" if label.origin == "service" else ", inferred"
    return f"{label.source} of the {label.origin}{inferred}"


def _bare(source: str) -> str:
    """The key without the kind of its source, for tags."""
    return source.removeprefix("tag:")


def _assigned(assign: Assignment, rule: str) -> Claim:
    if assign.tenant is not None:
        return Claim("tenant", assign.tenant, Method.RULE, rule)
    if assign.pool is not None:
        return Claim("pool", assign.pool, "pool", rule)
    if assign.overhead is not None:
        return Claim("overhead", OVERHEAD + assign.overhead, Method.RULE, rule)
    return Claim("excluded", EXCLUDED + str(assign.exclude), Method.RULE, rule)

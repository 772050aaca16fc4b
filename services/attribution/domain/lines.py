"""What rules can see of a bill line: the distinct combinations of it, not the lines themselves."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from shared.configuration.models import Selector
from shared.configuration.selectors import KubernetesSelector
from shared.vocabulary.focus_lists import CHARGE_CATEGORIES

_CATEGORIES: Final = {value.casefold(): value for value in CHARGE_CATEGORIES}
Carrier = Literal["", "node", "volume", "pod", "task"]


class Label(NamedTuple):
    """The first source of the label `tenant` with a value, and the value, trimmed."""

    source: str
    value: str
    origin: str = ""
    """What the value is of, if not of the line, pod or task itself."""


@dataclass(frozen=True)
class PodKey:
    """All pods, claims of volumes and ECS tasks with these values are claimed alike."""

    cluster: str
    namespace: str
    labels: Mapping[str, str]
    """Of the pod; those that selectors name."""
    label: Label | None = None
    kind: Literal["pod", "task"] = "pod"


@dataclass(frozen=True)
class LineKey:
    """All lines with these values are claimed alike; `day` stands for a range of days."""

    account: str
    service: str
    service_code: str
    region: str
    usage_type: str
    resource: str
    charge_category: str
    commitment: str
    seller: str
    publisher: str
    invoice_issuer: str
    billing_entity: str
    tags: Mapping[str, str]
    """Those that selectors name."""
    day: dt.date
    label: Label | None = None
    carrier: Carrier = ""
    """What of a cluster the line pays for, if the workloads know it."""
    cluster: str = ""
    late_month: str = ""
    """The month that the line corrects and stays out of; of a month's own lines ''."""
    cluster_tag: str = ""
    """The cluster that an instance's tags name and the workloads don't know the instance of."""
    pod: PodKey | None = None
    """The pod whose part of the line is claimed; None for the line as a whole."""


def matches(selector: Selector, line: LineKey) -> bool:
    """Every key of the selector matches; `k8s` matches pods' parts of lines and nothing else."""
    return matches_bill(selector, line) and (
        selector.k8s is None or (line.pod is not None and _matches_pod(selector.k8s, line.pod))
    )


def may_match_pods(selector: KubernetesSelector, cluster: str) -> bool:
    return selector.cluster is None or any_matches(selector.cluster, (cluster,))


def _matches_pod(selector: KubernetesSelector, pod: PodKey) -> bool:
    return (
        pod.kind == "pod"
        and may_match_pods(selector, pod.cluster)
        and (selector.namespace is None or any_matches(selector.namespace, (pod.namespace,)))
        and _all_match(selector.labels, pod.labels)
    )


def matches_bill(selector: Selector, line: LineKey) -> bool:
    """What the selector says of bill lines matches; a service by its name or its code."""
    values: Sequence[tuple[tuple[str, ...] | None, Sequence[str]]] = (
        (selector.account, (line.account,)),
        (selector.service, (line.service, line.service_code)),
        (selector.resource, (line.resource,)),
        (selector.region, (line.region,)),
        (selector.usage_type, (line.usage_type,)),
        (selector.charge_category, (_of_list(line.charge_category),)),
        (selector.commitment, (line.commitment,)),
        (selector.seller, (line.seller,)),
        (selector.publisher, (line.publisher,)),
        (selector.invoice_issuer, (line.invoice_issuer,)),
        (selector.billing_entity, (line.billing_entity,)),
    )
    return (
        all(any_matches(patterns, texts) for patterns, texts in values if patterns is not None)
        and _all_match(selector.tags, line.tags)
        and (selector.dates is None or line.day in selector.dates)
    )


def _of_list(charge_category: str) -> str:
    """As FOCUS writes it; a value of another list stays as it is."""
    return _CATEGORIES.get(charge_category.casefold(), charge_category)


def _all_match(selected: Mapping[str, Sequence[str]], values: Mapping[str, str]) -> bool:
    return all(
        name in values and any_matches(patterns, (values[name],))
        for name, patterns in selected.items()
    )


def any_matches(patterns: Sequence[str], texts: Sequence[str]) -> bool:
    """A text that is written as the pattern matches it, too: `Amazon S3 [EU]` is a name."""
    return any(
        text == pattern or _compiled(pattern).fullmatch(text)
        for pattern in patterns
        for text in texts
        if text
    )


@lru_cache(maxsize=10_000)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern))

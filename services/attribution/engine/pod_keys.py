"""What rules and labels can see of a pod, as columns over its row of the workloads."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from services.attribution.domain.lines import PodKey
from services.attribution.engine.label_sources import (
    entry_sql,
    first_source_sql,
    first_value_sql,
    pod_column,
    pod_values,
)
from shared.configuration.models import Configuration


@dataclass(frozen=True)
class PodKeys:
    config: Configuration

    @cached_property
    def columns(self) -> dict[str, str]:
        tenant = list(pod_values(self.config.tenant_labels))
        columns = {"cluster": "cluster", "namespace": "coalesce(namespace, '')"}
        columns |= {name: entry_sql("labels", key) for key, name in self._label_columns.items()}
        columns["pod_label_source"] = first_source_sql(tenant)
        columns["pod_label_value"] = first_value_sql(tenant)
        for at, sources in enumerate(self.config.dimensions.values()):
            values = list(pod_values(sources))
            columns[f"pod_dimension_{at}"] = first_value_sql(values)
            columns[f"pod_dimension_{at}_source"] = first_source_sql(values)
        return columns

    @cached_property
    def inputs(self) -> dict[str, str]:
        """The columns of workloads that the ruleset reads labels from, and where it says so."""
        read = {
            column: f"labels.{name}"
            for name, sources in self.config.labels.items()
            for source in sources
            if (column := pod_column(source)) is not None
        }
        return read | ({"labels": "when.k8s.labels"} if self._label_columns else {})

    def of(self, row: Mapping[str, object]) -> PodKey:
        labels = {key: str(row[name]) for key, name in self._label_columns.items()}
        value = str(row["pod_label_value"])
        source = int(str(row["pod_label_source"]))
        return PodKey(
            cluster=str(row["cluster"]),
            namespace=str(row["namespace"]),
            labels={key: label for key, label in labels.items() if label},
            label=(self.config.tenant_labels[source], value) if value else None,
        )

    @cached_property
    def _label_columns(self) -> dict[str, str]:
        selectors = [rule.when.k8s for rule in self.config.rules]
        selectors += [pool.when.k8s for pool in self.config.pools if pool.when is not None]
        keys = sorted({key for each in selectors if each is not None for key in each.labels})
        return {key: f"pod_tag_{at}" for at, key in enumerate(keys)}

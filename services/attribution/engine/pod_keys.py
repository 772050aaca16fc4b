"""What rules and labels can see of a pod or task, as columns over its row of the workloads."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from services.attribution.domain.lines import Label, PodKey
from services.attribution.engine.label_sources import (
    Answer,
    entry_sql,
    first_source_sql,
    first_value_sql,
    pod_answers,
    pod_column,
)
from shared.configuration.models import Configuration


@dataclass(frozen=True)
class PodKeys:
    config: Configuration

    @cached_property
    def columns(self) -> dict[str, str]:
        tenant = [(at, answer.sql) for at, answer in enumerate(self._tenant_answers)]
        columns = {
            "cluster": "cluster",
            "namespace": "coalesce(namespace, '')",
            "kind": "CASE WHEN task IS NULL THEN 'pod' ELSE 'task' END",
        }
        columns |= {name: entry_sql("labels", key) for key, name in self._label_columns.items()}
        columns["pod_label_answer"] = first_source_sql(tenant)
        columns["pod_label_value"] = first_value_sql(tenant)
        for at, sources in enumerate(self.config.dimensions.values()):
            values = [(answer.place, answer.sql) for answer in pod_answers(sources)]
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
        return PodKey(
            cluster=str(row["cluster"]),
            namespace=str(row["namespace"]),
            labels={key: label for key, label in labels.items() if label},
            label=self._label(row),
            kind="task" if row["kind"] == "task" else "pod",
        )

    def _label(self, row: Mapping[str, object]) -> Label | None:
        value = str(row["pod_label_value"])
        if not value:
            return None
        answer = self._tenant_answers[int(str(row["pod_label_answer"]))]
        return Label(self.config.tenant_labels[answer.place], value, answer.origin)

    @cached_property
    def _tenant_answers(self) -> list[Answer]:
        return list(pod_answers(self.config.tenant_labels))

    @cached_property
    def _label_columns(self) -> dict[str, str]:
        selectors = [rule.when.k8s for rule in self.config.rules]
        selectors += [pool.when.k8s for pool in self.config.pools if pool.when is not None]
        keys = sorted({key for each in selectors if each is not None for key in each.labels})
        return {key: f"pod_tag_{at}" for at, key in enumerate(keys)}

"""What rules and labels can see of a pod or task, as columns over the rows that describe it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from services.attribution.domain.lines import Label, PodKey
from services.attribution.engine.bill_columns import tag
from services.attribution.engine.claims.label_sources import (
    SourceValue,
    first_number,
    first_place,
    first_value,
    json_entry,
    pod_column,
    pod_values,
    split_row_values,
)
from shared.configuration.models import Configuration
from shared.sql.expressions import Sql, case, identifier, is_null, literal, or_empty


@dataclass(frozen=True)
class PodKeys:
    config: Configuration

    @cached_property
    def columns(self) -> dict[str, Sql]:
        """Over a row of workloads."""
        own = {
            "cluster": identifier("cluster"),
            "namespace": or_empty(identifier("namespace")),
            "kind": case([(is_null(identifier("task")), literal("pod"))], literal("task")),
        }
        labels = {name: json_entry("labels", key) for key, name in self._label_columns.items()}
        dimensions = [list(pod_values(sources)) for sources in self.config.dimensions.values()]
        return own | labels | self._values(self._pod_values, dimensions, first_answer=0)

    @cached_property
    def columns_of_split_rows(self) -> dict[str, Sql]:
        """The same over a split cost row with `cluster`, `namespace` and `kind`."""
        own = {name: identifier(name) for name in ("cluster", "namespace", "kind")}
        labels = {name: tag(key, sanitised=True) for key, name in self._label_columns.items()}
        dimensions = [
            list(split_row_values(sources)) for sources in self.config.dimensions.values()
        ]
        first = len(self._pod_values)
        return own | labels | self._values(self._split_row_values, dimensions, first_answer=first)

    def _values(
        self,
        tenant: Sequence[SourceValue],
        dimensions: Sequence[Sequence[SourceValue]],
        *,
        first_answer: int,
    ) -> dict[str, Sql]:
        """The label `tenant` and which of `_tenant_values` it has, and the dimensions."""
        answers = [(at, value.sql) for at, value in enumerate(tenant, start=first_answer)]
        columns = {
            "pod_label_answer": first_number(answers),
            "pod_label_value": first_value(tenant),
        }
        for at, values in enumerate(dimensions):
            columns[f"pod_dimension_{at}"] = first_value(values)
            columns[f"pod_dimension_{at}_source"] = first_place(values)
        return columns

    @cached_property
    def inputs(self) -> dict[str, str]:
        """The columns of workloads that the ruleset reads labels from, and where it does so."""
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
        answers = [*self._pod_values, *self._split_row_values]
        answer = answers[int(str(row["pod_label_answer"]))]
        return Label(self.config.tenant_labels[answer.place], value, answer.origin)

    @cached_property
    def _pod_values(self) -> list[SourceValue]:
        return list(pod_values(self.config.tenant_labels))

    @cached_property
    def _split_row_values(self) -> list[SourceValue]:
        return list(split_row_values(self.config.tenant_labels))

    @cached_property
    def _label_columns(self) -> dict[str, str]:
        selectors = [rule.when.k8s for rule in self.config.rules]
        selectors += [pool.when.k8s for pool in self.config.pools if pool.when is not None]
        keys = sorted({key for each in selectors if each is not None for key in each.labels})
        return {key: f"pod_tag_{at}" for at, key in enumerate(keys)}

"""What rules and labels can see of a pod or task, as columns over the rows that tell of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from services.attribution.domain.lines import Label, PodKey
from services.attribution.engine.claims.label_sources import (
    Answer,
    entry_sql,
    first_source_sql,
    first_value_sql,
    pod_answers,
    pod_column,
    split_row_answers,
    tag_sql,
)
from shared.configuration.models import Configuration


@dataclass(frozen=True)
class PodKeys:
    config: Configuration

    @cached_property
    def columns(self) -> dict[str, str]:
        """Over a row of workloads."""
        own = {
            "cluster": "cluster",
            "namespace": "coalesce(namespace, '')",
            "kind": "CASE WHEN task IS NULL THEN 'pod' ELSE 'task' END",
        }
        labels = {name: entry_sql("labels", key) for key, name in self._label_columns.items()}
        return own | labels | self._answered(pod_answers, first_answer=0)

    @cached_property
    def columns_of_split_rows(self) -> dict[str, str]:
        """The same over a split cost row with `cluster`, `namespace` and `kind`."""
        own = {name: name for name in ("cluster", "namespace", "kind")}
        labels = {name: tag_sql(key, sanitised=True) for key, name in self._label_columns.items()}
        first = len(list(pod_answers(self.config.tenant_labels)))
        return own | labels | self._answered(split_row_answers, first_answer=first)

    def _answered(
        self, answers_of: Callable[[Sequence[str]], Iterable[Answer]], *, first_answer: int
    ) -> dict[str, str]:
        """The label `tenant` and which of `_tenant_answers` it has, and the dimensions."""
        answers = answers_of(self.config.tenant_labels)
        tenant = [(at, answer.sql) for at, answer in enumerate(answers, start=first_answer)]
        columns = {
            "pod_label_answer": first_source_sql(tenant),
            "pod_label_value": first_value_sql(tenant),
        }
        for at, sources in enumerate(self.config.dimensions.values()):
            values = [(answer.place, answer.sql) for answer in answers_of(sources)]
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
        sources = self.config.tenant_labels
        return [*pod_answers(sources), *split_row_answers(sources)]

    @cached_property
    def _label_columns(self) -> dict[str, str]:
        selectors = [rule.when.k8s for rule in self.config.rules]
        selectors += [pool.when.k8s for pool in self.config.pools if pool.when is not None]
        keys = sorted({key for each in selectors if each is not None for key in each.labels})
        return {key: f"pod_tag_{at}" for at, key in enumerate(keys)}

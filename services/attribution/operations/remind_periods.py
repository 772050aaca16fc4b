from services.attribution.models import InputSet, Run
from services.attribution.queries.run_inputs import inputs_of_period
from shared.isolation.scope import as_ops
from shared.jobs.work import ensure_job


def remind_periods() -> None:
    """Called on schedule: a period whose newest inputs are not its current run is attributed."""
    with as_ops():
        periods = list(InputSet.objects.values_list("period", flat=True).distinct())
        current = dict(Run.objects.filter(is_current=True).values_list("period", "input_digest"))
        waiting = [
            period
            for period in periods
            if (inputs := inputs_of_period(period)) and inputs.digest != current.get(period)
        ]
    for period in waiting:
        ensure_job(kind="attribute_period", key=period, payload={"period": period})

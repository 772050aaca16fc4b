from dataclasses import asdict

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import shared.isolation.triggers
from shared.contracts.superseded.period_closed import read_overrides
from shared.isolation.operations import sequences, staff_only


def keep_closes_so_far(apps, _schema_editor):
    Period, PeriodClose = (apps.get_model("attribution", name) for name in ("Period", "PeriodClose"))
    for period in Period.objects.filter(closed_run__isnull=False):
        overridden = period.overridden_checks
        if overridden is None:
            written = read_overrides(period.overrides, closed_by=period.closed_by)
            overridden = [asdict(override) for override in written]
        PeriodClose.objects.create(
            period=period.period,
            number=1,
            run_id=period.closed_run_id,
            overridden_checks=overridden,
            closed_by=period.closed_by,
            closed_at=period.closed_at,
        )


class Migration(migrations.Migration):
    dependencies = [("attribution", "0020_kept_rulesets")]

    operations = [
        migrations.CreateModel(
            name="PeriodClose",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("period", models.CharField(max_length=7)),
                ("number", models.IntegerField()),
                ("causes", models.JSONField(default=list)),
                ("overridden_checks", models.JSONField(default=list)),
                ("closed_by", models.CharField(max_length=100)),
                ("closed_at", models.DateTimeField()),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="closes",
                        to="attribution.run",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("period", "number"), name="period_close_once")
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="periodclose",
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=shared.isolation.triggers.AlwaysFires(func="RAISE EXCEPTION 'attribution_periodclose rows of this state are never changed or deleted' USING ERRCODE = 'restrict_violation';", hash='a3901a708185915bb97a05b694a73ce2f68c0a72', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_056ca', table='attribution_periodclose', when='BEFORE')),
        ),
        migrations.RunPython(keep_closes_so_far, migrations.RunPython.noop),
        staff_only("attribution_periodclose", ops="SELECT, INSERT"),
        sequences(),
    ]

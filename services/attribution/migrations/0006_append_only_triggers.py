import pgtrigger.compiler
import pgtrigger.migrations
import shared.isolation.triggers
from django.db import migrations

from shared.isolation.operations import append_only

_BEFORE = append_only("attribution_revenueentry")


class Migration(migrations.Migration):

    dependencies = [
        ('attribution', '0005_run_inputs'),
    ]

    operations = [
        migrations.RunSQL(_BEFORE.reverse_sql, _BEFORE.sql),
        pgtrigger.migrations.AddTrigger(
            model_name='revenueentry',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=shared.isolation.triggers.AlwaysFires(func="RAISE EXCEPTION 'attribution_revenueentry rows of this state are never changed or deleted' USING ERRCODE = 'restrict_violation';", hash='5797bb81db48280342efce70ab9943ec5fb4067d', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_22277', table='attribution_revenueentry', when='BEFORE')),
        ),
    ]

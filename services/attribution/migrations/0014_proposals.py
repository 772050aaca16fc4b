import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
import shared.identifiers
import shared.isolation.triggers
from django.db import migrations, models

from shared.isolation.operations import staff_only


class Migration(migrations.Migration):

    dependencies = [
        ('attribution', '0013_losses'),
    ]

    operations = [
        migrations.AddField(
            model_name='rulesetapplication',
            name='confirmed_by',
            field=models.CharField(blank=True, db_default='', default='', max_length=100),
        ),
        migrations.AddField(
            model_name='rulesetapplication',
            name='is_agreed',
            field=models.BooleanField(db_default=True, default=False),
        ),
        # What was applied before anybody was asked for a second person is agreed on.
        migrations.AlterField(
            model_name='rulesetapplication',
            name='is_agreed',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.CreateModel(
            name='Proposal',
            fields=[
                ('proposal_id', models.UUIDField(default=shared.identifiers.uuid7, primary_key=True, serialize=False)),
                ('subject', models.CharField(max_length=20)),
                ('content', models.TextField()),
                ('digest', models.CharField(max_length=64)),
                ('base', models.CharField(max_length=64)),
                ('reach', models.JSONField(default=dict)),
                ('changes', models.JSONField(default=dict)),
                ('unconfirmed', models.JSONField(default=dict)),
                ('state', models.CharField(default='waiting', max_length=10)),
                ('proposed_by', models.CharField(max_length=100)),
                ('proposed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('decided_by', models.CharField(blank=True, max_length=100)),
                ('decided_at', models.DateTimeField(null=True)),
                ('reason', models.TextField(blank=True)),
            ],
            options={
                'abstract': False,
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('state',), name='attribution_proposal_one_waits'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'confirmed'), _negated=True), models.Q(models.Q(('decided_by', ''), _negated=True), models.Q(('decided_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='attribution_proposal_second_person')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='proposal',
            trigger=pgtrigger.compiler.Trigger(name='decided', sql=shared.isolation.triggers.AlwaysFires(condition='WHEN (OLD."state" IS DISTINCT FROM \'waiting\')', func="RAISE EXCEPTION 'attribution_proposal rows of this state are never changed or deleted' USING ERRCODE = 'restrict_violation';", hash='22fa9f0f5e1ea4871102f27702b5d990d6ff5d89', operation='UPDATE', pgid='pgtrigger_decided_99ae7', table='attribution_proposal', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='proposal',
            trigger=pgtrigger.compiler.Trigger(name='asked', sql=shared.isolation.triggers.AlwaysFires(condition='WHEN (OLD."subject" IS DISTINCT FROM (NEW."subject") OR OLD."content" IS DISTINCT FROM (NEW."content") OR OLD."digest" IS DISTINCT FROM (NEW."digest") OR OLD."base" IS DISTINCT FROM (NEW."base") OR OLD."proposed_by" IS DISTINCT FROM (NEW."proposed_by") OR OLD."proposed_at" IS DISTINCT FROM (NEW."proposed_at"))', func="RAISE EXCEPTION 'attribution_proposal rows of this state are never changed or deleted' USING ERRCODE = 'restrict_violation';", hash='150588b3b6e2acc55780c33b30455f5499d545db', operation='UPDATE', pgid='pgtrigger_asked_be77d', table='attribution_proposal', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='proposal',
            trigger=pgtrigger.compiler.Trigger(name='kept', sql=shared.isolation.triggers.AlwaysFires(func="RAISE EXCEPTION 'attribution_proposal rows of this state are never changed or deleted' USING ERRCODE = 'restrict_violation';", hash='db96b867a9102234e5a571f1c31679aa640ea192', operation='DELETE', pgid='pgtrigger_kept_5ca5d', table='attribution_proposal', when='BEFORE')),
        ),
        staff_only("attribution_proposal", ops="SELECT, INSERT, UPDATE"),
    ]

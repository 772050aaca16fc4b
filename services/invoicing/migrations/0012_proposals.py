import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
import shared.identifiers
import shared.isolation.triggers
from django.db import migrations, models

from shared.isolation.operations import sequences, staff_only


class Migration(migrations.Migration):

    dependencies = [
        ('invoicing', '0011_document_seals'),
    ]

    operations = [
        migrations.CreateModel(
            name='PlansApplication',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(blank=True, max_length=64)),
                ('applied_by', models.CharField(blank=True, max_length=100)),
                ('applied_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('confirmed_by', models.CharField(blank=True, max_length=100)),
                ('is_agreed', models.BooleanField(default=False)),
                ('terms', models.JSONField(null=True)),
            ],
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
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='plansapplication',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=shared.isolation.triggers.AlwaysFires(func="RAISE EXCEPTION 'invoicing_plansapplication rows of this state are never changed or deleted' USING ERRCODE = 'restrict_violation';", hash='a407c71852b2aea375f23a8c2b94c1afe6f3018f', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_e842a', table='invoicing_plansapplication', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='proposal',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('state',), name='invoicing_proposal_one_waits'),
        ),
        migrations.AddConstraint(
            model_name='proposal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'confirmed'), _negated=True), models.Q(models.Q(('decided_by', ''), _negated=True), models.Q(('decided_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='invoicing_proposal_second_person'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='proposal',
            trigger=pgtrigger.compiler.Trigger(name='decided', sql=shared.isolation.triggers.AlwaysFires(condition='WHEN (OLD."state" IS DISTINCT FROM \'waiting\')', func="RAISE EXCEPTION 'invoicing_proposal rows of this state are never changed or deleted' USING ERRCODE = 'restrict_violation';", hash='298f3983fedf98bfd0e7afa432a3211dc273c937', operation='UPDATE', pgid='pgtrigger_decided_a005d', table='invoicing_proposal', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='proposal',
            trigger=pgtrigger.compiler.Trigger(name='asked', sql=shared.isolation.triggers.AlwaysFires(condition='WHEN (OLD."subject" IS DISTINCT FROM (NEW."subject") OR OLD."content" IS DISTINCT FROM (NEW."content") OR OLD."digest" IS DISTINCT FROM (NEW."digest") OR OLD."base" IS DISTINCT FROM (NEW."base") OR OLD."proposed_by" IS DISTINCT FROM (NEW."proposed_by") OR OLD."proposed_at" IS DISTINCT FROM (NEW."proposed_at"))', func="RAISE EXCEPTION 'invoicing_proposal rows of this state are never changed or deleted' USING ERRCODE = 'restrict_violation';", hash='f49809d72302788720c1406725919303e552ef8b', operation='UPDATE', pgid='pgtrigger_asked_e1b3c', table='invoicing_proposal', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='proposal',
            trigger=pgtrigger.compiler.Trigger(name='kept', sql=shared.isolation.triggers.AlwaysFires(func="RAISE EXCEPTION 'invoicing_proposal rows of this state are never changed or deleted' USING ERRCODE = 'restrict_violation';", hash='74da83474c5f78e4d629de9afea59832f328da32', operation='DELETE', pgid='pgtrigger_kept_638f4', table='invoicing_proposal', when='BEFORE')),
        ),
        staff_only("invoicing_proposal", ops="SELECT, INSERT, UPDATE"),
        staff_only("invoicing_plansapplication", ops="SELECT, INSERT"),
        sequences(),
    ]

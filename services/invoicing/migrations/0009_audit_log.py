import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
import shared.isolation.triggers
from django.db import migrations, models

from shared.isolation.operations import sequences, staff_only


class Migration(migrations.Migration):

    dependencies = [
        ('invoicing', '0008_cancelled_jobs'),
    ]

    operations = [
        migrations.CreateModel(
            name='Audit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('actor', models.CharField(blank=True, max_length=100)),
                ('role', models.CharField(blank=True, max_length=30)),
                ('action', models.CharField(max_length=40)),
                ('object_kind', models.CharField(blank=True, max_length=30)),
                ('object_id', models.CharField(blank=True, max_length=200)),
                ('outcome', models.CharField(default='done', max_length=10)),
                ('reason', models.CharField(blank=True, max_length=60)),
                ('count', models.BigIntegerField(default=1)),
                ('details', models.JSONField(default=dict)),
                ('address', models.CharField(blank=True, max_length=45)),
                ('request_id', models.CharField(blank=True, max_length=32)),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['at'], name='invoicing_audit_at'), models.Index(fields=['actor', 'id'], name='invoicing_audit_actor'), models.Index(fields=['action', 'id'], name='invoicing_audit_action')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='audit',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=shared.isolation.triggers.AlwaysFires(func="RAISE EXCEPTION 'invoicing_audit rows of this state are never changed or deleted' USING ERRCODE = 'restrict_violation';", hash='dd505422f194c0207f83d5aaed600a5b91638c20', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_2f757', table='invoicing_audit', when='BEFORE')),
        ),
        staff_only("invoicing_audit", ops="SELECT, INSERT"),
        sequences(),
    ]

import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
import shared.isolation.triggers
from django.db import migrations, models

from shared.isolation.operations import staff_only


class Migration(migrations.Migration):

    dependencies = [
        ('invoicing', '0010_contracts_by_tenant'),
    ]

    operations = [
        migrations.CreateModel(
            name='DocumentChain',
            fields=[
                ('name', models.CharField(max_length=20, primary_key=True, serialize=False)),
                ('position', models.BigIntegerField(default=0)),
                ('seal', models.CharField(blank=True, max_length=64)),
            ],
        ),
        migrations.AlterField(
            model_name='transition',
            name='seal',
            field=models.CharField(blank=True, db_default='', default='', max_length=64),
        ),
        migrations.CreateModel(
            name='DocumentSeal',
            fields=[
                ('position', models.BigIntegerField(primary_key=True, serialize=False)),
                ('document_digest', models.CharField(max_length=64)),
                ('is_adopted', models.BooleanField(default=False)),
                ('key_id', models.CharField(max_length=40)),
                ('seal', models.CharField(max_length=64)),
                ('sealed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('transition', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='link', to='invoicing.transition')),
            ],
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='documentseal',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=shared.isolation.triggers.AlwaysFires(func="RAISE EXCEPTION 'invoicing_documentseal rows of this state are never changed or deleted' USING ERRCODE = 'restrict_violation';", hash='b057b6f58c71acb4225086981a38078246f7b36d', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_1c2d9', table='invoicing_documentseal', when='BEFORE')),
        ),
        staff_only("invoicing_documentseal", ops="SELECT, INSERT"),
        staff_only("invoicing_documentchain", ops="SELECT, INSERT, UPDATE"),
    ]

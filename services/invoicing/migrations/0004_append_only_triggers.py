import pgtrigger.compiler
import pgtrigger.migrations
import shared.isolation.triggers
from django.db import migrations

from shared.isolation.operations import append_only, frozen_when

_COLUMNS = [
    *("invoice_id", "customer_id", "contract_id", "seller", "period", "kind", "sequence"),
    *("currency", "total_minor", "exact_total", "run_id", "number", "stripe_invoice_id"),
    *("issued_at", "frozen"),
]
_BEFORE = [
    frozen_when("invoicing_invoice", "OLD.number <> ''", _COLUMNS),
    append_only("invoicing_invoiceline"),
    append_only("invoicing_transition"),
    append_only("invoicing_ledgerentry"),
]


class Migration(migrations.Migration):

    dependencies = [
        ('invoicing', '0003_frozen_terms'),
    ]

    operations = [
        *(migrations.RunSQL(made.reverse_sql, made.sql) for made in _BEFORE),
        pgtrigger.migrations.AddTrigger(
            model_name='invoice',
            trigger=pgtrigger.compiler.Trigger(name='frozen', sql=shared.isolation.triggers.AlwaysFires(condition='WHEN (NOT (OLD."number" = \'\') AND (OLD."invoice_id" IS DISTINCT FROM (NEW."invoice_id") OR OLD."customer_id" IS DISTINCT FROM (NEW."customer_id") OR OLD."contract_id" IS DISTINCT FROM (NEW."contract_id") OR OLD."seller" IS DISTINCT FROM (NEW."seller") OR OLD."period" IS DISTINCT FROM (NEW."period") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."sequence" IS DISTINCT FROM (NEW."sequence") OR OLD."currency" IS DISTINCT FROM (NEW."currency") OR OLD."total_minor" IS DISTINCT FROM (NEW."total_minor") OR OLD."exact_total" IS DISTINCT FROM (NEW."exact_total") OR OLD."run_id" IS DISTINCT FROM (NEW."run_id") OR OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."stripe_invoice_id" IS DISTINCT FROM (NEW."stripe_invoice_id") OR OLD."issued_at" IS DISTINCT FROM (NEW."issued_at") OR OLD."frozen" IS DISTINCT FROM (NEW."frozen")))', func="RAISE EXCEPTION 'invoicing_invoice rows of this state are never changed or deleted' USING ERRCODE = 'restrict_violation';", hash='7571a096d9dbda29ae3f39339e7c85ae48d14285', operation='UPDATE', pgid='pgtrigger_frozen_ccb60', table='invoicing_invoice', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invoice',
            trigger=pgtrigger.compiler.Trigger(name='frozen_delete', sql=shared.isolation.triggers.AlwaysFires(condition='WHEN (NOT (OLD."number" = \'\'))', func="RAISE EXCEPTION 'invoicing_invoice rows of this state are never changed or deleted' USING ERRCODE = 'restrict_violation';", hash='e237cc518fccf3146700cb5d2fab66bc74cfce1e', operation='DELETE', pgid='pgtrigger_frozen_delete_d88d7', table='invoicing_invoice', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invoiceline',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=shared.isolation.triggers.AlwaysFires(func="RAISE EXCEPTION 'invoicing_invoiceline rows of this state are never changed or deleted' USING ERRCODE = 'restrict_violation';", hash='9bff3e02f42fb9ab6b677a8ba350e21489245719', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_e3573', table='invoicing_invoiceline', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='ledgerentry',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=shared.isolation.triggers.AlwaysFires(func="RAISE EXCEPTION 'invoicing_ledgerentry rows of this state are never changed or deleted' USING ERRCODE = 'restrict_violation';", hash='07632b555490331ae9554e74de7eb681317ae90a', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_182f4', table='invoicing_ledgerentry', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='transition',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=shared.isolation.triggers.AlwaysFires(func="RAISE EXCEPTION 'invoicing_transition rows of this state are never changed or deleted' USING ERRCODE = 'restrict_violation';", hash='4c52f95e60b7dad49a13053877d38f28b41b1248', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_c8a82', table='invoicing_transition', when='BEFORE')),
        ),
    ]

from django.db import migrations

from shared.isolation.subjects import rows_of_proven_subject, subject_function


class Migration(migrations.Migration):
    dependencies = [("attribution", "0008_run_engine_digest")]

    operations = [
        subject_function(),
        rows_of_proven_subject("attribution_tenant", column="tenant_id"),
        rows_of_proven_subject("attribution_statement", column="tenant_id"),
        rows_of_proven_subject("attribution_statementline", column="tenant_id"),
        rows_of_proven_subject("attribution_statementquantity", column="tenant_id"),
        rows_of_proven_subject("attribution_revenueentry", column="tenant_id"),
    ]

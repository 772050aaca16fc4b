from django.db import migrations

from shared.isolation.subjects import rows_of_proven_subject, subject_function


class Migration(migrations.Migration):
    dependencies = [("invoicing", "0006_line_component")]

    operations = [
        subject_function(),
        rows_of_proven_subject("invoicing_customer", column="customer_id"),
        rows_of_proven_subject("invoicing_contract", column="customer_id"),
        rows_of_proven_subject("invoicing_invoice", column="customer_id"),
        rows_of_proven_subject("invoicing_invoiceline", column="customer_id"),
        rows_of_proven_subject("invoicing_transition", column="customer_id"),
        rows_of_proven_subject("invoicing_ledgerentry", column="customer_id"),
    ]

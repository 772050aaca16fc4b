from django.db import migrations

from shared.isolation.subjects import rows_of_proven_subject, subject_function


class Migration(migrations.Migration):
    dependencies = [("portal", "0008_invoice_facts")]

    operations = [
        subject_function(),
        rows_of_proven_subject("portal_customeraccount", column="customer_id"),
        rows_of_proven_subject("portal_customerinvoice", column="customer_id"),
        rows_of_proven_subject("portal_customerestimate", column="customer_id"),
    ]

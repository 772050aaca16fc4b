from django.db import migrations

from shared.isolation.subjects import subject_function


class Migration(migrations.Migration):
    dependencies = [("ingestion", "0003_workloads")]

    operations = [
        subject_function(),
    ]

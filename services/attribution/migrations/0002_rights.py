from django.db import migrations

from shared.isolation.operations import (
    append_only,
    composite_key,
    scoped_rows,
    sequences,
    staff_only,
)

_LINES = "SELECT, INSERT, DELETE"


class Migration(migrations.Migration):
    dependencies = [("attribution", "0001_initial")]

    operations = [
        scoped_rows("attribution_tenant", column="tenant_id", app="SELECT", ops="SELECT, INSERT, UPDATE"),
        scoped_rows("attribution_statement", column="tenant_id", app="SELECT", ops=_LINES),
        scoped_rows("attribution_statementline", column="tenant_id", app="SELECT", ops=_LINES),
        scoped_rows("attribution_statementquantity", column="tenant_id", app="SELECT", ops=_LINES),
        scoped_rows("attribution_revenueentry", column="tenant_id", app="SELECT, INSERT"),
        append_only("attribution_revenueentry"),
        composite_key(
            "attribution_statementline",
            ["tenant_id", "statement_id"],
            "attribution_statement",
            ["tenant_id", "statement_id"],
        ),
        composite_key(
            "attribution_statementquantity",
            ["tenant_id", "statement_id"],
            "attribution_statement",
            ["tenant_id", "statement_id"],
        ),
        staff_only(
            "attribution_ruleset",
            "attribution_inputset",
            "attribution_quarantineddelivery",
            "attribution_run",
            "attribution_period",
            "attribution_inbox",
            "attribution_inboxfailures",
            "attribution_job",
        ),
        staff_only("attribution_outbox", app="INSERT"),
        sequences(),
    ]

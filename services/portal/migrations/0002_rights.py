from django.db import migrations

from shared.isolation.operations import scoped_rows, sequences, staff_only

_CHANGE = "SELECT, INSERT, UPDATE"


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        scoped_rows("portal_customeraccount", column="customer_id", app="SELECT", ops=_CHANGE),
        scoped_rows("portal_customerinvoice", column="customer_id", app="SELECT", ops=_CHANGE),
        staff_only(
            "portal_user",
            "portal_onetimelink",
            "portal_periodsummary",
            "portal_tenantmargin",
            "portal_staffinvoice",
            "portal_billstate",
            "portal_inbox",
            "portal_inboxfailures",
            "portal_job",
            "django_session",
            "django_content_type",
            "auth_group",
            "auth_group_permissions",
            "auth_permission",
        ),
        staff_only("portal_outbox", app="INSERT"),
        sequences(),
    ]

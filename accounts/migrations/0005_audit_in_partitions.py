"""The audit trail in partitions by month, so that old ones can be dropped as a whole."""

from django.db import migrations

from retention.conversion import partition


def cut(apps, editor):  # noqa: ANN001, ANN201
    """Cut the trail by month; its triggers go along."""
    partition(editor, "accounts_auditentry", column="at", width="month")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_audit_refuses_truncate"), ("retention", "0001_initial")]
    operations = [migrations.RunPython(cut)]

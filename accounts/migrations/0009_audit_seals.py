"""The chain of the audit trail: a seal for each entry, which PostgreSQL refuses to change."""

from datetime import UTC, datetime

from django.db import migrations, models

REFUSE = """
CREATE TRIGGER seals_are_append_only BEFORE UPDATE OR DELETE ON accounts_auditseal
    FOR EACH ROW EXECUTE FUNCTION accounts_refuse_change();
CREATE TRIGGER seals_are_never_truncated BEFORE TRUNCATE ON accounts_auditseal
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_refuse_change();
"""
ALLOW = """
DROP TRIGGER seals_are_append_only ON accounts_auditseal;
DROP TRIGGER seals_are_never_truncated ON accounts_auditseal;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_audit_origin")]
    operations = [
        migrations.CreateModel(
            name="AuditSeal",
            fields=[
                ("position", models.BigIntegerField(primary_key=True, serialize=False)),
                ("entry_id", models.BigIntegerField()),
                ("entry_at", models.DateTimeField()),
                ("at", models.DateTimeField()),
                ("version", models.SmallIntegerField()),
                ("content", models.BinaryField(max_length=32)),
                ("digest", models.BinaryField(max_length=32)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("position__gte", 1)), name="seals_count_from_one"
                    )
                ],
            },
        ),
        migrations.RunSQL(REFUSE, ALLOW),
        # PostgreSQL's "infinity" is no time that Python reads: it would stop the sealing.
        migrations.AddConstraint(
            model_name="auditentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("at__gte", datetime(2, 1, 1, tzinfo=UTC)),
                    ("at__lt", datetime(9999, 1, 1, tzinfo=UTC)),
                ),
                name="audit_time_is_finite",
            ),
        ),
    ]

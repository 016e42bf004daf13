"""PostgreSQL also refuses to empty the audit trail: TRUNCATE fires no trigger for rows."""

from django.db import migrations

REFUSE = """
CREATE TRIGGER audit_is_never_truncated BEFORE TRUNCATE ON accounts_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_refuse_change();
"""
ALLOW = "DROP TRIGGER audit_is_never_truncated ON accounts_auditentry"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_links_attempts_sessions")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]

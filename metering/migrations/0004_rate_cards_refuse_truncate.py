"""PostgreSQL also refuses to empty the rate card: TRUNCATE fires no trigger for rows."""

from django.db import migrations

REFUSE = """
CREATE TRIGGER ratecardversion_is_never_truncated BEFORE TRUNCATE ON metering_ratecardversion
    FOR EACH STATEMENT EXECUTE FUNCTION metering_append_only();
"""
ALLOW = "DROP TRIGGER ratecardversion_is_never_truncated ON metering_ratecardversion"


class Migration(migrations.Migration):
    dependencies = [("metering", "0003_minutes")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]

"""PostgreSQL also refuses to empty the table of versions: TRUNCATE fires no trigger for rows."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION configurations_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Versions are immutable: archive those that are no longer used.'
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER versions_are_never_truncated BEFORE TRUNCATE ON configurations_version
    FOR EACH STATEMENT EXECUTE FUNCTION configurations_refuse_truncate();
"""
ALLOW = """
DROP TRIGGER versions_are_never_truncated ON configurations_version;
DROP FUNCTION configurations_refuse_truncate();
"""


class Migration(migrations.Migration):
    dependencies = [("configurations", "0002_versions_are_immutable")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]

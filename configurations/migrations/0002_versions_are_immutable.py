"""A version is what its readers and its clusters relied on: PostgreSQL refuses to change it.

Archiving puts a version away without changing what it says: the one update that is allowed.
"""

from django.db import migrations

REFUSE = """
CREATE FUNCTION configurations_refuse_version_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND
        (to_jsonb(OLD) - 'archived_at') = (to_jsonb(NEW) - 'archived_at')
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'Version % of template % is immutable: save a new one.',
        OLD.number, OLD.template_id USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER version_is_immutable BEFORE UPDATE OR DELETE ON configurations_version
    FOR EACH ROW EXECUTE FUNCTION configurations_refuse_version_change();
"""
ALLOW = """
DROP TRIGGER version_is_immutable ON configurations_version;
DROP FUNCTION configurations_refuse_version_change();
"""


class Migration(migrations.Migration):
    dependencies = [("configurations", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]

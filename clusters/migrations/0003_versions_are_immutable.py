"""A version is what its readers and its clusters relied on: PostgreSQL refuses to change it."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION clusters_refuse_version_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Version % of template % is immutable: save a new one.',
        OLD.number, OLD.template_id USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER version_is_immutable BEFORE UPDATE OR DELETE ON clusters_version
    FOR EACH ROW EXECUTE FUNCTION clusters_refuse_version_change();
"""
ALLOW = """
DROP TRIGGER version_is_immutable ON clusters_version;
DROP FUNCTION clusters_refuse_version_change();
"""


class Migration(migrations.Migration):
    dependencies = [("clusters", "0002_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]

"""A version that was built is what clusters and approvals relied on: PostgreSQL keeps it.

What it is built from can change before. Afterwards its state changes, the reason and the successor
with it, and where its registry's tag was seen to point.
"""

from django.db import migrations

INSTALLED = "UPDATE images_imageversion SET source = 'installed' WHERE location LIKE '/%'"
REFUSE = """
CREATE FUNCTION images_refuse_version_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := ARRAY['state', 'state_reason', 'successor_id', 'tag_digest', 'tag_seen_at'];
BEGIN
    IF TG_OP = 'DELETE' AND OLD.state IN ('draft', 'failed') THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.image_id = NEW.image_id AND OLD.number = NEW.number AND (
        OLD.state IN ('draft', 'building', 'failed')
        OR (to_jsonb(OLD) - free) = (to_jsonb(NEW) - free)
            AND NEW.state NOT IN ('draft', 'building', 'failed')
    ) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'Version % of image % is immutable: create a new one.',
        OLD.number, OLD.image_id USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER image_version_is_immutable BEFORE UPDATE OR DELETE ON images_imageversion
    FOR EACH ROW EXECUTE FUNCTION images_refuse_version_change();
"""
ALLOW = """
DROP TRIGGER image_version_is_immutable ON images_imageversion;
DROP FUNCTION images_refuse_version_change();
"""


class Migration(migrations.Migration):
    dependencies = [("images", "0002_versions_with_sources")]
    operations = [
        migrations.RunSQL(INSTALLED, migrations.RunSQL.noop),
        migrations.RunSQL(REFUSE, ALLOW),
    ]

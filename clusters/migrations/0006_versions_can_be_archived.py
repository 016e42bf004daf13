"""Archiving puts a version away without changing what it says: the one update that is allowed."""

from django.db import migrations

ALLOW_ARCHIVING = """
CREATE OR REPLACE FUNCTION clusters_refuse_version_change() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""
REFUSE_ALL = """
CREATE OR REPLACE FUNCTION clusters_refuse_version_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Version % of template % is immutable: save a new one.',
        OLD.number, OLD.template_id USING ERRCODE = 'restrict_violation';
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("clusters", "0005_drafts_and_rationale")]
    operations = [migrations.RunSQL(ALLOW_ARCHIVING, REFUSE_ALL)]

"""When a registry was last asked where a version's tag points, and why it did not say.

Both may change after a version was built: see migration 0003.
"""

from django.db import migrations, models

_BEFORE = ("state", "state_reason", "successor_id", "tag_digest", "tag_seen_at")
_REFUSE = """
CREATE OR REPLACE FUNCTION images_refuse_version_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := ARRAY[%s];
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
    RAISE EXCEPTION 'Version %% of image %% is immutable: create a new one.',
        OLD.number, OLD.image_id USING ERRCODE = 'restrict_violation';
END
$$;
"""


def _refuse(*free: str) -> str:
    return _REFUSE % ", ".join(f"'{name}'" for name in free)


class Migration(migrations.Migration):
    dependencies = [("images", '0004_build_inputs')]
    operations = [
        migrations.AddField(
            model_name="imageversion",
            name="tag_asked_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="imageversion",
            name="tag_trouble",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Why the last look failed; empty: it did not.",
                max_length=500,
            ),
        ),
        migrations.RunSQL(_refuse(*_BEFORE, "tag_asked_at", "tag_trouble"), _refuse(*_BEFORE)),
    ]

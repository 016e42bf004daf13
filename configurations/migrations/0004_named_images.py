"""Which images versions name. Of those that are there, what it meant when they were saved is lost."""

import django.db.models.deletion
from django.db import migrations, models
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError


def note_existing(apps, schema_editor):
    Version = apps.get_model("configurations", "Version")
    NamedImage = apps.get_model("configurations", "NamedImage")
    Image = apps.get_model("images", "Image")
    images = {(row.team_id, row.name): row.pk for row in Image.objects.all()}
    rows = Version.objects.filter(text__contains="image").select_related("template")
    for version in rows.iterator(chunk_size=500):
        reference = _reference(version.text)
        name = reference.partition(":")[0]
        image = images.get((version.template.team_id, name)) or images.get((None, name))
        if image:
            NamedImage.objects.create(
                version=version, environment="", reference=reference, image_id=image
            )


def _reference(text):
    try:
        content = YAML(typ="safe").load(text)
    except YAMLError:
        return ""
    block = content.get("mobula") if isinstance(content, dict) else None
    named = block.get("image") if isinstance(block, dict) else None
    return named[:200] if isinstance(named, str) else ""


class Migration(migrations.Migration):
    dependencies = [
        ("configurations", "0003_versions_refuse_truncate"),
        ("images", "0003_versions_are_immutable"),
    ]
    operations = [
        migrations.CreateModel(
            name="NamedImage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "environment",
                    models.CharField(
                        blank=True,
                        help_text="Empty: for all that name no other image.",
                        max_length=63,
                    ),
                ),
                (
                    "reference",
                    models.CharField(help_text="As the configuration has it.", max_length=200),
                ),
                (
                    "digest",
                    models.CharField(
                        blank=True, help_text="That this version had.", max_length=80
                    ),
                ),
                (
                    "image",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="named_by",
                        to="images.image",
                    ),
                ),
                (
                    "image_version",
                    models.ForeignKey(
                        help_text="What it meant; empty: nothing, or it is not known.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="named_by",
                        to="images.imageversion",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="named_images",
                        to="configurations.version",
                    ),
                ),
            ],
            options={"ordering": ["version", "environment"]},
        ),
        migrations.AddConstraint(
            model_name="namedimage",
            constraint=models.UniqueConstraint(
                fields=("version", "environment"), name="named_image_once_per_environment"
            ),
        ),
        migrations.RunPython(note_existing, migrations.RunPython.noop, elidable=True),
    ]

"""A run's tokens are stored, readable with the secret key alone, so that the key can change."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clusters", "0006_passes_have_turns")]
    operations = [
        migrations.AddField(
            model_name="run",
            name="sealed_tokens",
            field=models.CharField(blank=True, default="", max_length=250),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("clouds", "0003_burstable"),
    ]

    operations = [
        migrations.AddField(
            model_name="cloud",
            name="is_shared",
            field=models.BooleanField(
                default=False,
                help_text="All teams can use it, also those that are created later.",
            ),
        ),
        migrations.AddField(
            model_name="cloud",
            name="teams",
            field=models.ManyToManyField(
                blank=True, related_name="clouds", to="accounts.team"
            ),
        ),
    ]

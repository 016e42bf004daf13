from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_time_zone")]
    operations = [
        migrations.AddField(
            model_name="team",
            name="is_sample",
            field=models.BooleanField(
                default=False,
                help_text="Sample data: nothing of it runs, and no one can change it.",
            ),
        ),
    ]

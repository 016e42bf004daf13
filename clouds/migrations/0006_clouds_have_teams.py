from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clouds", "0005_give_clouds_to_teams")]

    operations = [
        migrations.RemoveField(model_name="cloud", name="team"),
        migrations.AddConstraint(
            model_name="cloud",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_shared", True), ("provider", "local"), _negated=True),
                name="cloud_local_is_not_for_all_teams",
            ),
        ),
    ]

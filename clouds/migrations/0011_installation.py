"""Each installation has a name of its own, drawn here once."""

import clouds.models.installation
from django.db import migrations, models


def name_it(apps, _schema_editor):
    apps.get_model("clouds", "Installation").objects.get_or_create(pk=1)


class Migration(migrations.Migration):

    dependencies = [
        ('clouds', '0010_cloud_checks'),
    ]

    operations = [
        migrations.CreateModel(
            name='Installation',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('key', models.CharField(default=clouds.models.installation.new_key, editable=False, max_length=32, unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='installation_is_one'), models.CheckConstraint(condition=models.Q(('key', ''), _negated=True), name='installation_has_a_key')],
            },
        ),
        migrations.RunPython(name_it, migrations.RunPython.noop),
    ]

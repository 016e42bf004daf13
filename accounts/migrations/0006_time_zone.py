"""Each user's time zone."""

from django.db import migrations, models

import accounts.roles


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_audit_in_partitions'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='time_zone',
            field=models.CharField(blank=True, default='', help_text="The zone of all times on pages; empty: the browser's.", max_length=64, validators=[accounts.roles.known_time_zone]),
            preserve_default=False,
        ),
    ]

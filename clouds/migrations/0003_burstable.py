from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('clouds', '0002_accelerators'),
    ]

    operations = [
        migrations.AddField(
            model_name='cataloguetype',
            name='burstable',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='cataloguetype',
            name='is_current',
            field=models.BooleanField(default=True),
        ),
    ]

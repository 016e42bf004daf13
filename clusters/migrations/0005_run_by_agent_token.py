from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('clusters', '0004_start_timed_out'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='run',
            index=models.Index(fields=['agent_token_hash'], name='run_by_agent_token'),
        ),
    ]

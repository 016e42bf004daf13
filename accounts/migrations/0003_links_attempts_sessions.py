"""Links know their team, attempts the browser, sessions their person."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_audit_is_append_only'),
    ]

    operations = [
        # Django's own sessions: everyone signs in again.
        migrations.RunSQL("DROP TABLE IF EXISTS django_session", migrations.RunSQL.noop),
        migrations.CreateModel(
            name='Session',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key_hash', models.CharField(max_length=64, unique=True)),
                ('contents', models.TextField()),
                ('address', models.CharField(blank=True, max_length=64)),
                ('user_agent', models.CharField(blank=True, max_length=300)),
                ('created_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now, editable=False)),
                ('last_seen_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
            ],
        ),
        migrations.RemoveIndex(
            model_name='signinattempt',
            name='attempts_of_an_email',
        ),
        migrations.AddField(
            model_name='signinattempt',
            name='device',
            field=models.CharField(blank=True, max_length=32),
        ),
        migrations.AddField(
            model_name='signinlink',
            name='team',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.team'),
        ),
        migrations.AlterField(
            model_name='signinlink',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='created_sign_in_links', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='signinattempt',
            index=models.Index(fields=['email', 'at'], name='attempts_of_an_email'),
        ),
        migrations.AddIndex(
            model_name='signinattempt',
            index=models.Index(fields=['address', 'at'], name='attempts_from_an_address'),
        ),
        migrations.AddIndex(
            model_name='signinattempt',
            index=models.Index(fields=['at'], name='attempts_by_age'),
        ),
        migrations.AddField(
            model_name='session',
            name='user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='sessions', to=settings.AUTH_USER_MODEL),
        ),
    ]

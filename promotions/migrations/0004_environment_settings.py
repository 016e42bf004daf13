"""What an environment lays over all versions. PostgreSQL refuses to change or remove it: clusters
and approvals rely on what it says.
"""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


REFUSE = """
CREATE FUNCTION promotions_settings_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Settings of environments are append-only: save new ones.'
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER environment_settings_are_append_only
    BEFORE UPDATE OR DELETE ON promotions_environmentsettings
    FOR EACH ROW EXECUTE FUNCTION promotions_settings_append_only();
CREATE TRIGGER environment_settings_are_never_truncated
    BEFORE TRUNCATE ON promotions_environmentsettings
    FOR EACH STATEMENT EXECUTE FUNCTION promotions_settings_append_only();
"""
ALLOW = """
DROP TRIGGER environment_settings_are_never_truncated ON promotions_environmentsettings;
DROP TRIGGER environment_settings_are_append_only ON promotions_environmentsettings;
DROP FUNCTION promotions_settings_append_only();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('promotions', '0003_test_run_results'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='EnvironmentSettings',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(help_text='Counts per environment, from 1.')),
                ('content', models.JSONField(default=dict, help_text="What is set, by the overlay's fields.")),
                ('reason', models.TextField(help_text='Why it was changed.')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('environment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='settings', to='promotions.environment')),
            ],
            options={
                'ordering': ['environment', '-number'],
            },
        ),
        migrations.AddField(
            model_name='changerequest',
            name='settings',
            field=models.ForeignKey(help_text='What the environment had when the checks began. Empty: nothing of its own.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='promotions.environmentsettings'),
        ),
        migrations.AddConstraint(
            model_name='environmentsettings',
            constraint=models.UniqueConstraint(fields=('environment', 'number'), name='environment_settings_number_once'),
        ),
        migrations.AddConstraint(
            model_name='environmentsettings',
            constraint=models.CheckConstraint(condition=models.Q(('number__gte', 1)), name='environment_settings_number_from_one'),
        ),
        migrations.RunSQL(REFUSE, ALLOW),
    ]

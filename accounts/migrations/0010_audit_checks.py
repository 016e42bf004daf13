from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_audit_seals")]
    operations = [
        migrations.CreateModel(
            name="AuditCheck",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("rows", models.BigIntegerField(default=0)),
                ("position", models.BigIntegerField(default=0)),
                ("digest", models.BinaryField(max_length=32)),
                ("sealed_at", models.DateTimeField(null=True)),
                ("problem", models.TextField(blank=True)),
            ],
        ),
    ]

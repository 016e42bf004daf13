from django.db import models


class Clock(models.Model):
    """The time that retention goes by: it follows the machine's clock in small steps."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    at = models.DateTimeField(help_text="Rows are old or new as seen from then.")
    moved_at = models.DateTimeField(help_text="The machine's clock when this one last moved.")

    class Meta:
        constraints = [
            models.CheckConstraint(name="retention_one_clock", condition=models.Q(id=1)),
        ]

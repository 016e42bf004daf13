from django.apps import AppConfig


class MobulaConfig(AppConfig):
    name = "mobula"

    def ready(self) -> None:
        """Make our Celery application that of `shared_task` in every process; add our checks."""
        from mobula import celery, checks  # noqa: F401

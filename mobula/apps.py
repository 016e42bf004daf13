from django.apps import AppConfig


class MobulaConfig(AppConfig):
    name = "mobula"

    def ready(self) -> None:
        """Make our Celery application the one that `shared_task` belongs to, in every process."""
        from mobula import celery  # noqa: F401

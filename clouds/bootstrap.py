from clouds.models import Cloud
from domain.offerings import ProviderKind


def bootstrap() -> None:
    """Make this machine available as the cloud `local`, for every team."""
    Cloud.objects.get_or_create(name="local", defaults={"provider": ProviderKind.LOCAL})

from clouds.models import DEFAULT_CLOUD, Cloud
from domain.offerings import ProviderKind


def bootstrap() -> None:
    """Make this machine available as the cloud `local`, for every team."""
    Cloud.objects.get_or_create(name=DEFAULT_CLOUD, defaults={"provider": ProviderKind.LOCAL})

"""What the tests of checks before launches share."""

from tests.clusters.preflight.account import answered, cloud, on_aws, world

__all__ = ["answered", "cloud", "on_aws", "world"]

"""What EC2, IAM and Service Quotas are asked before a launch; nothing in the account changes."""

from providers.aws.preflight.plan import AwsPreflight, open_preflight

__all__ = ["AwsPreflight", "open_preflight"]

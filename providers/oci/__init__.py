"""Container registries: what they have, asked by the OCI distribution API."""

from providers.oci.client import RegistryClient
from providers.oci.images import Platform, RemoteImage, describe
from providers.oci.logins import Login, Password

__all__ = [
    "Login",
    "Password",
    "Platform",
    "RegistryClient",
    "RemoteImage",
    "describe",
]

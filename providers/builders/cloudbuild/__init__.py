"""Builds by Google Cloud Build, in the project that has the registry.

It is asked through google-api-python-client, which is here for prices already and brings the
descriptions of Cloud Build, Cloud Logging and Cloud Storage: a client library for each of them
would be three more dependencies.
"""

from providers.builders.cloudbuild.builder import CloudBuild
from providers.builders.cloudbuild.place import CloudBuildPlace

__all__ = ["CloudBuild", "CloudBuildPlace"]

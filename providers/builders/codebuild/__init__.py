"""Builds by AWS CodeBuild, in a project of the account that has the registry."""

from providers.builders.codebuild.builder import CodeBuild
from providers.builders.codebuild.place import CodeBuildPlace

__all__ = ["CodeBuild", "CodeBuildPlace"]

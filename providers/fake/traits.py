"""The traits of the fake provider: nothing is checked."""

from domain.catalogue.provider import ProviderMarks, ProviderTraits

TRAITS = ProviderTraits(marks=ProviderMarks(name="the fake cloud"), serves_workspaces=True)

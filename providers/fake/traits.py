"""What is special about machines that exist on paper only: nothing is checked."""

from domain.catalogue.provider import ProviderMarks, ProviderTraits

TRAITS = ProviderTraits(marks=ProviderMarks(name="the fake cloud"))

"""Keys of raw instance configurations that the launch sets, or that other clouds have."""

from collections.abc import Iterator, Mapping

from domain.catalogue.provider import ProviderTraits
from domain.problems import Loc, Problem, error, path_of, removing


def foreign_keys(
    block: Mapping[str, object], loc: Loc, traits: ProviderTraits
) -> Iterator[Problem]:
    """Keys that only another provider's machines know."""
    for other in traits.others:
        for key in sorted(block.keys() & (other.own_keys - traits.marks.own_keys)):
            at = path_of((*loc, key))
            message = f"`{key}` belongs to {other.name}; this cloud is {traits.name}."
            yield error(at, "block-of-other-provider", message, hint="Remove it.")


def refused_keys(
    block: Mapping[str, object], loc: Loc, traits: ProviderTraits
) -> Iterator[Problem]:
    """Keys that the launch itself sets, which the provider's driver refuses."""
    for key in sorted(block.keys() & traits.refused_keys.keys()):
        at, message = path_of((*loc, key)), f"`{key}` is set by Mobula at launch."
        # What is set elsewhere must be written there before it may be taken out here.
        elsewhere = traits.refused_keys[key]
        fix = None if elsewhere else removing((*loc, key))
        yield error(at, "block-refused-key", message, hint=elsewhere or "Remove it.", fix=fix)
    for key in sorted(block.keys() & traits.inner_blocks):
        inner = block[key]
        if isinstance(inner, Mapping):
            yield from refused_keys(inner, (*loc, key), traits)

"""Mutated configurations give problems, never exceptions."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.configuration.spec import ComputeConfig, canonical
from domain.validation import check_text, validate
from domain.yaml.text import dump, parse, parse_mapping
from tests.domain.configurations import EXAMPLES, GPU_WITH_FALLBACK, mappings
from tests.domain.machines import MACHINES


@st.composite
def mutated_texts(draw: st.DrawFn) -> str:
    """A valid text in which some pieces were cut out, doubled, swapped or typed over."""
    text = GPU_WITH_FALLBACK
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 30)))
        typed = draw(
            st.sampled_from([*"\t:-{}[]&*!|>'\"%@`#?,\0\n ~", "\ud800", "null", "1e999", "<<: *a"])
            | st.text(max_size=8)
            | st.just(text[start:end] * 2)
        )
        text = text[:start] + typed + text[end:]
    return text


_junk: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5) | st.integers() | st.none(), inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def mutated_mappings(draw: st.DrawFn) -> dict[str, Any]:
    """A valid mapping in which some values, at any depth, were replaced by others or removed."""
    data = canonical(ComputeConfig.model_validate(draw(mappings)))
    for _ in range(draw(st.integers(1, 4))):
        holder: Any = data
        while True:
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            key = draw(st.sampled_from([*keys, "zones"])) if isinstance(holder, dict) else None
            key = draw(st.sampled_from(keys)) if key is None and keys else key
            below = holder.get(key) if isinstance(holder, dict) else holder[key] if keys else None
            if isinstance(below, dict | list) and below and draw(st.booleans()):
                holder = below
                continue
            break
        if key is not None:
            holder[key] = draw(_junk)
    return data


@EXAMPLES
@given(mutated_texts())
def test_a_mutated_text_gives_problems_and_never_an_exception(text: str) -> None:
    check_text(text, target=MACHINES)
    config = parse(text).config
    assert config is None or parse(dump(config)).config == config


@EXAMPLES
@given(mutated_mappings())
def test_a_mutated_mapping_gives_problems_and_never_an_exception(data: dict[str, Any]) -> None:
    parsed = parse_mapping(data)
    if parsed.config is None:
        assert parsed.problems
    else:
        validate(parsed.config, target=MACHINES)
        assert parse(parsed.text).config == parsed.config

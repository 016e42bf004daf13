"""Spoilt and cut texts of any format are problems, never exceptions."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.convert import ExportContext, Format, exported, imported
from tests.domain.configurations import EXAMPLES, GPU_WITH_FALLBACK
from tests.domain.convert.test_formats import config, read_yaml
from tests.domain.machines import AWS

_junk = st.sampled_from([
    None, True, -1, 0, 1.5, 10**400, float("nan"), "", "nan", "1e999", "-1", "4Gi", "²", [], [[]],
    {}, {"a": 1}, [{"a": [1]}], "a" * 70, "\x00", "'{", '{"a": NaN}',
])  # fmt: skip


def spoilt(value: Any, data: st.DataObject) -> Any:
    """The value with one of its parts, somewhere, turned into something else."""
    if isinstance(value, dict | list) and value and data.draw(st.integers(0, 9)):
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = data.draw(st.sampled_from(keys))
        copy = value.copy()
        copy[key] = spoilt(value[key], data)
        return copy
    return data.draw(_junk)


@EXAMPLES
@pytest.mark.parametrize("form", Format)
@given(data=st.data())
def test_spoilt_cluster_is_a_problem_and_never_an_exception(
    form: Format, data: st.DataObject
) -> None:
    setting = ExportContext(name="x", image="ray:1", ray_version="2.60.0", target=AWS)
    plain = read_yaml(exported(config(GPU_WITH_FALLBACK), form, setting).text)
    text = json.dumps(spoilt(spoilt(plain, data), data))
    for source in (form, None):
        found = imported(text, source)
        if found.config is None:
            assert found.problems
        else:
            exported(found.config, form, setting)


@EXAMPLES
@pytest.mark.parametrize("form", Format)
@given(at=st.integers(0, 3000), gone=st.integers(0, 20), new=st.text(max_size=5))
def test_cut_text_is_a_problem_and_never_an_exception(
    form: Format, at: int, gone: int, new: str
) -> None:
    setting = ExportContext(name="x", image="ray:1", ray_version="2.60.0", target=AWS)
    text = exported(config(GPU_WITH_FALLBACK), form, setting).text
    text = text[:at] + new + text[at + gone :]
    for source in (form, None):
        found = imported(text, source)
        assert found.config is not None or found.problems

"""What holds of the checks of raw blocks whatever the block: no exception, no SDK, no delay."""

import subprocess
import sys
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any

import botocore.session
import kubernetes_validate
import pytest
from botocore.model import Shape as BotoShape
from botocore.validate import ParamValidator
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.offerings import ProviderKind
from domain.problems import loc_of
from providers.aws import schema as aws
from providers.gcp import schema as gcp
from providers.kubernetes import schema as kubernetes
from providers.schemas.shape import Schema
from tests.providers.block_checks import AWS, GCP, KUBERNETES, PATH, check
from tests.providers.good_blocks import GOOD

SCHEMAS = {AWS: aws.schema, GCP: gcp.schema, KUBERNETES: kubernetes.schema}
ROOT = Path(__file__).parents[2]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@st.composite
def near_blocks(draw: st.DrawFn, schema: Schema, name: str, depth: int = 0) -> Any:
    """A value much like what the schema takes, with anything anywhere."""
    shape = schema.shapes.get(name)
    if shape is None or depth > 4 or draw(st.integers(0, 7)) == 0:
        return draw(JSON)
    inner = near_blocks(schema, shape.item, depth + 1)
    if shape.members:
        keys = draw(st.lists(st.sampled_from(sorted(shape.members)), max_size=3, unique=True))
        known = {key: draw(near_blocks(schema, shape.members[key], depth + 1)) for key in keys}
        return known | draw(st.dictionaries(st.text(max_size=5), JSON, max_size=1))
    if shape.kind == "a list":
        return draw(st.lists(inner, max_size=2))
    if shape.kind == "a mapping":
        return draw(st.dictionaries(st.text(max_size=5), inner, max_size=2))
    return draw(st.sampled_from(shape.choices) | JSON if shape.choices else JSON)


@pytest.mark.parametrize("kind", SCHEMAS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_block_gives_problems_and_never_an_exception(
    kind: ProviderKind, data: st.DataObject
) -> None:
    schema = SCHEMAS[kind]()
    block = data.draw(near_blocks(schema, schema.top))
    for problem in check(kind, block if isinstance(block, dict) else {"a": block}, PATH):
        assert loc_of(problem.path)[:3] == loc_of(PATH)
        assert problem.message
        assert "\n" not in problem.message


@pytest.mark.parametrize("kind", SCHEMAS)
def test_every_shape_that_is_referred_to_is_known(kind: ProviderKind) -> None:
    schema = SCHEMAS[kind]()
    named = {name for one in schema.shapes.values() for name in (*one.members.values(), one.item)}
    assert named - {""} <= schema.shapes.keys()
    assert len(schema.shapes) < 1500


def test_no_sdk_is_imported_for_a_check() -> None:
    code = (
        "import sys; from domain.offerings import ProviderKind as K;"
        "from providers.registry import traits_of;"
        "[traits_of(kind).check_block({'a': 1}, 'x') for kind in (K.AWS, K.GCP, K.KUBERNETES)];"
        "sdks = {'botocore', 'boto3', 'googleapiclient', 'kubernetes_validate', 'django'};"
        "print(sorted(sdks & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("kind", GOOD)
def test_a_check_is_quick_once_the_schema_is_read(kind: ProviderKind) -> None:
    check(kind, GOOD[kind])
    times = []
    for _ in range(20):
        begun = perf_counter()
        check(kind, GOOD[kind], PATH)
        times.append(perf_counter() - begun)
    assert min(times) < 0.002


@cache
def run_instances() -> BotoShape:
    model = botocore.session.get_session().get_service_model("ec2")
    return model.operation_model("RunInstances").input_shape


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_botocore_refuses_is_found(data: st.DataObject) -> None:
    schema = aws.schema()
    block = data.draw(near_blocks(schema, schema.top))
    if not isinstance(block, dict):
        return
    counted = {**block, "MinCount": 1, "MaxCount": 1}
    refused = ParamValidator().validate(counted, run_instances()).generate_report()
    # Texts that are no dates are left to EC2.
    if refused and "datetime" not in refused:
        assert check(AWS, counted)


def test_a_good_patch_is_part_of_a_good_pod() -> None:
    containers = [c for c in GOOD[KUBERNETES]["spec"]["containers"] if "$patch" not in c]
    spec = {**GOOD[KUBERNETES]["spec"], "containers": containers}
    whole = {"apiVersion": "v1", "kind": "Pod", "metadata": GOOD[KUBERNETES]["metadata"]}
    version = kubernetes_validate.latest_version()
    kubernetes_validate.validate({**whole, "spec": spec}, version, strict=True)
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate({**whole, "spec": {**spec, "x": 1}}, version, strict=True)

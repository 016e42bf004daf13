"""Every field of Anyscale's format is read, written and exported; none is lost in silence."""

import json
from typing import Any

import pytest

from domain.configuration.diff import changes, sentence
from domain.configuration.effects import Effect
from domain.configuration.spec import (
    Budget,
    CloudDeployment,
    ComputeConfig,
    ForecastSettings,
    GroupSettings,
    HeadNode,
    PhysicalResources,
    ResourceConfig,
    Rule,
    Scaling,
    Schedule,
    WorkerGroup,
    canonical,
)
from domain.convert import ExportContext, Format, exported, imported
from domain.validation.flags import CLUSTER_FLAGS, NODE_FLAGS
from domain.yaml.text import dump, parse
from tests.domain.convert.every_field import (
    BUDGET,
    CLUSTER,
    DEPLOYMENT,
    FLAGS,
    FORECAST,
    GROUP,
    HARDWARE,
    NODE,
    OLDER_FLAGS,
    RULE,
    SCALING,
    SCHEDULE,
    SETTINGS,
    WEEKLY,
    at,
    fields,
    own_fields,
)
from tests.domain.convert.test_formats import read_yaml

FIELDS = fields()
IDS = [name for name, _, _ in FIELDS]
OWN = own_fields()
BOTH = [*FIELDS, *OWN]
# Fields of ours that other formats have, too.
KEPT = {
    "worker_idle_seconds": (Format.KUBERAY, Format.RAY_UP),
    "max_nodes": (Format.RAY_UP, Format.ANYSCALE_LEGACY),
    "upscaling_speed": (Format.KUBERAY, Format.RAY_UP),
}
FOREIGN = [one for one in Format if one is not Format.MOBULA]


def test_the_walk_leaves_no_field_out() -> None:
    assert CLUSTER.keys() == ResourceConfig.model_fields.keys()
    assert NODE.keys() == HeadNode.model_fields.keys()
    assert GROUP.keys() == WorkerGroup.model_fields.keys()
    assert HARDWARE.keys() == PhysicalResources.model_fields.keys()
    assert DEPLOYMENT.keys() == CloudDeployment.model_fields.keys()
    assert SCALING.keys() == Scaling.model_fields.keys()
    assert FORECAST.keys() == ForecastSettings.model_fields.keys()
    assert SCHEDULE.keys() | WEEKLY.keys() == Schedule.model_fields.keys()
    assert RULE.keys() == Rule.model_fields.keys()
    assert BUDGET.keys() | WEEKLY.keys() - {"group", "min_nodes"} == Budget.model_fields.keys()
    assert SETTINGS.keys() == GroupSettings.model_fields.keys()
    assert FLAGS.keys() | OLDER_FLAGS.keys() == CLUSTER_FLAGS
    assert NODE["flags"].keys() | {"cloud_deployment"} == NODE_FLAGS


@pytest.mark.parametrize(("name", "document", "path"), BOTH, ids=[one[0] for one in BOTH])
def test_field_is_read_and_written_to_the_same_bytes(
    name: str, document: dict[str, Any], path: str
) -> None:
    found = parse(json.dumps(document))
    assert found.config is not None, found.problems
    text = dump(found.config)
    assert at(read_yaml(text), path) == at(document, path)
    again = parse(text).config
    assert again == found.config
    assert dump(again) == text
    assert at(canonical(again), path) is not None


@pytest.mark.parametrize(("name", "document", "path"), FIELDS, ids=IDS)
def test_field_survives_anyscales_format(name: str, document: dict[str, Any], path: str) -> None:
    before = parse(json.dumps(document)).config
    assert before is not None
    written = exported(before, Format.ANYSCALE, ExportContext())
    assert written.losses == ()
    assert at(read_yaml(written.text), path) == at(document, path)
    assert imported(written.text, Format.ANYSCALE).config == before


@pytest.mark.parametrize("form", FOREIGN)
@pytest.mark.parametrize(("name", "document", "path"), OWN, ids=[one[0] for one in OWN])
def test_field_of_ours_is_named_where_another_format_loses_it(
    form: Format, name: str, document: dict[str, Any], path: str
) -> None:
    before = parse(json.dumps({"worker_nodes": [GROUP], **document})).config
    assert before is not None
    lost = [loss.path for loss in exported(before, form, ExportContext()).losses]
    is_kept = form in KEPT.get(path.removeprefix("mobula.").split(".")[-1], ())
    assert any(path == one or path.startswith(f"{one}.") for one in lost) is not is_kept


@pytest.mark.parametrize(("name", "document", "path"), OWN, ids=[one[0] for one in OWN])
def test_field_of_ours_is_followed_by_a_running_cluster(
    name: str, document: dict[str, Any], path: str
) -> None:
    after = parse(json.dumps(document)).config
    assert after is not None
    found = changes(ComputeConfig(), after)
    assert found
    assert {change.effect for change in found} == {Effect.LIVE}
    assert all(sentence(change)[0].isupper() for change in found)


# Every key of the older schema (section 1.12) with what it is called in the newer one.
OLDER = [
    ("cloud", "research", "cloud", "research"),
    ("cloud_id", "cld_1", "cloud", "cld_1"),
    ("allowed_azs", ["us-west-2a"], "zones", ["us-west-2a"]),
    ("allowed_azs", ["any"], "zones", None),
    ("head_node_type", {"name": "head", "instance_type": "a"}, "head_node.instance_type", "a"),
    ("worker_node_types", [{"name": "w", "instance_type": "a"}], "worker_nodes.0.name", "w"),
    ("aws_advanced_configurations_json", {"KeyName": "a"}, "advanced_instance_config.KeyName", "a"),
    ("gcp_advanced_configurations_json", {"disks": [1]}, "advanced_instance_config.disks", [1]),
    ("azure_advanced_configurations_json", {"x": 1}, "advanced_instance_config.x", 1),
    ("maximum_uptime_minutes", 90, "mobula.max_lifetime_minutes", 90),
    ("idle_termination_minutes", 120, "mobula.idle_minutes", 120),
    ("idle_termination_minutes", 0, "mobula.idle_minutes", 0),
    ("max_workers", 40, "mobula.max_nodes", 40),
    ("max_workers", None, "mobula.max_nodes", None),
    ("auto_select_worker_config", True, "auto_select_worker_config", True),
    ("flags", {"max-cpus": 8}, "max_resources.CPU", 8),
]


@pytest.mark.parametrize(("key", "value", "path", "meant"), OLDER)
def test_key_of_the_older_schema_is_read_as_the_newer_one(
    key: str, value: Any, path: str, meant: Any
) -> None:
    document = {"head_node_type": {"instance_type": "a"}, "worker_node_types": [], key: value}
    found = parse(json.dumps(document))
    assert found.config is not None, found.problems
    assert at(read_yaml(dump(found.config)), path) == meant


def test_key_of_the_older_schema_without_a_meaning_is_named() -> None:
    document = {"head_node_type": {"instance_type": "a"}, "worker_node_types": [], "azure": 3}
    assert "azure" in {problem.path for problem in parse(json.dumps(document)).problems}

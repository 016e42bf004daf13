"""One configuration for several cloud resources: each is checked, compared and kept."""

from domain.configuration.diff import changes, sentence
from domain.configuration.spec import ComputeConfig
from domain.yaml.text import dump, parse, update_text

TEXT = """\
cloud: research
configs:
  - cloud_resource: vm-west  # the primary one
    head_node: {instance_type: m5.2xlarge}
    worker_nodes:
      - {name: cpu, instance_type: m5.4xlarge, max_nodes: 4}
  - cloud_resource: k8s
    head_node:
      required_resources: {CPU: 8, memory: 32Gi}
    flags: {zone_starting_timeout: 5m}
flags: {zone_starting_timeout: 10m, workload_starting_timeout: 1h}
mobula: {idle_minutes: 20}
"""


def config(text: str = TEXT) -> ComputeConfig:
    found = parse(text).config
    assert found is not None, parse(text).problems
    return found


def test_each_resource_has_what_is_shared() -> None:
    west, k8s = config().resource_configs
    assert west.flags["zone_starting_timeout"] == "10m"
    assert k8s.flags == {"zone_starting_timeout": "5m", "workload_starting_timeout": "1h"}
    assert [one.cloud for one in (west, k8s)] == ["research", "research"]
    assert [one.mobula.idle_minutes for one in (west, k8s)] == [20, 20]


def test_launch_begins_with_the_first() -> None:
    assert config().primary.cloud_resource == "vm-west"


def test_configuration_without_several_is_its_own_primary() -> None:
    alone = config("head_node: {instance_type: a}\nworker_nodes: []\n")
    assert alone.primary is alone


def test_written_and_read_again_it_is_the_same() -> None:
    assert parse(dump(config())).config == config()


def test_change_of_one_resource_leaves_comments_alone() -> None:
    wanted = config(TEXT.replace("max_nodes: 4", "max_nodes: 6"))
    changed = update_text(TEXT, wanted)
    assert "# the primary one" in changed
    assert parse(changed).config == wanted


def test_difference_names_the_resource() -> None:
    other = TEXT.replace("max_nodes: 4", "max_nodes: 6").replace("idle_minutes: 20", "image: a:1")
    found = changes(config(), config(other))
    assert [change.path for change in found] == [
        "mobula.image",
        "mobula.idle_minutes",
        "configs[vm-west].worker_nodes[cpu].max_nodes",
    ]
    assert sentence(found[2]) == "vm-west: Group cpu: Maximum nodes: 4 → 6"


def test_resource_added_is_one_change() -> None:
    more = TEXT.replace(
        "flags: {zone_starting_timeout: 10m", "  - cloud_resource: east\nflags: {x: 1"
    )
    more = more.replace("x: 1, ", "zone_starting_timeout: 10m, ")
    [change] = changes(config(), config(more))
    assert (change.path, change.effect) == ("configs[east]", "recreate")


def test_node_beside_them_belongs_to_none() -> None:
    parsed = parse(f"{TEXT}head_node: {{instance_type: a}}\n")
    assert [(p.path, p.code) for p in parsed.problems] == [("head_node", "beside-configs")]


def test_mistake_in_one_is_found_there() -> None:
    parsed = parse(TEXT.replace("max_nodes: 4", "max_nodes: four"))
    [problem] = parsed.problems
    assert (problem.path, problem.line) == ("configs[0].worker_nodes[0].max_nodes", 6)
    assert parsed.draft is not None
    assert parsed.draft.configs is not None
    assert parsed.draft.configs[0].groups[0].max_nodes == 10

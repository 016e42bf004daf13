import pytest
from hypothesis import given

from domain.configuration.spec import ComputeConfig
from domain.yaml.text import dump, parse, update_text
from tests.domain.configurations import EXAMPLES, GPU_WITH_FALLBACK, configurations


def read(text: str) -> ComputeConfig:
    """The configuration as far as it can be read: unknown keys do not matter here."""
    config = parse(text).draft
    assert config is not None
    return config


def with_groups(config: ComputeConfig, *names: str) -> ComputeConfig:
    groups = [config.group(name) for name in names]
    return config.replace(worker_nodes=[group for group in groups if group is not None])


@pytest.mark.parametrize(
    "text",
    [
        GPU_WITH_FALLBACK,
        "worker_nodes:\n- instance_type: a   # flush\n  max_nodes: 0x10\nzones:\n- 'b'\n",
        "head_node:\n  required_resources: {memory: 16384Mi, CPU: 4}\n",
        "mobula:\n  # our own\n  idle_minutes: 30  # the default, said aloud\n",
        "max_resources: {CPU: 8.0}\nunknown: [kept, 1]\n",
    ],
)
def test_a_text_that_says_the_same_is_left_as_it_is(text: str) -> None:
    assert update_text(text, read(text)) == text


def test_only_what_changed_is_changed() -> None:
    config = read(GPU_WITH_FALLBACK)
    changed = update_text(GPU_WITH_FALLBACK, config.replace(cloud="lab", mobula={"image": "r:4"}))
    expected = (
        GPU_WITH_FALLBACK.replace("cloud: research", "cloud: lab")
        .replace("ray-ml:3", "r:4")
        .replace("idle_minutes: 20", "idle_minutes: 30")
    )
    assert changed == expected


def test_comments_stay_with_their_groups_when_groups_move() -> None:
    text = (
        "worker_nodes:\n"
        "  - name: one      # first\n"
        "    instance_type: a\n"
        "  - name: two      # second\n"
        "    instance_type: b\n"
    )
    assert update_text(text, with_groups(read(text), "two", "one")) == (
        "worker_nodes:\n"
        "  - name: two      # second\n"
        "    instance_type: b\n"
        "  - name: one      # first\n"
        "    instance_type: a\n"
    )


def test_a_removed_group_goes_and_a_new_one_comes() -> None:
    config = read(GPU_WITH_FALLBACK)
    fewer = update_text(GPU_WITH_FALLBACK, with_groups(config, "preprocess"))
    assert [group.name for group in read(fewer).groups] == ["preprocess"]
    assert "# the smallest that will do" in fewer
    more = config.replace(worker_nodes=[*config.groups, {"name": "new", "instance_type": "x"}])
    assert "  - name: new\n    instance_type: x\n" in update_text(GPU_WITH_FALLBACK, more)


def test_comments_stay_with_the_entries_of_a_list_when_one_of_them_goes() -> None:
    rules = ["{group: a, expression: queue}  # first", "{group: b, expression: nodes}  # second"]
    text = "mobula:\n  scaling:\n    rules:\n" + "".join(f"      - {one}\n" for one in rules)
    config = read(text)
    left = config.mobula.scaling.model_copy(update={"rules": config.mobula.scaling.rules[1:]})
    changed = config.replace(mobula=config.mobula.model_copy(update={"scaling": left}))
    assert update_text(text, changed) == text.replace(f"      - {rules[0]}\n", "")


def test_unknown_keys_and_their_comments_survive() -> None:
    text = "cloud: a\nfuture: {x: 1}  # from a newer version\nhead_node:\n  speed: fast\n"
    changed = update_text(text, read(text).replace(cloud="b"))
    assert changed == text.replace("cloud: a", "cloud: b")


@pytest.mark.parametrize("zones", ["zones: [b]  # east", "zones:\n  - b\n  - c"])
def test_a_comment_outlives_the_key_above_it(zones: str) -> None:
    rest = "# The head is small.\nhead_node:\n  instance_type: c\n"
    text = f"cloud: a\n{zones}\n{rest}"
    assert update_text(text, read(text).replace(zones=None)) == f"cloud: a\n{rest}"


def test_changing_an_alias_does_not_change_its_anchor() -> None:
    text = "head_node: &node\n  instance_type: a\nworker_nodes:\n  - *node\n"
    config = read(text)
    changed = config.replace(worker_nodes=[{"instance_type": "b"}])
    assert read(update_text(text, changed)) == changed


@pytest.mark.parametrize("text", ["", "[1]", "cloud: [", "\0", "configs: []", "# only a comment\n"])
def test_a_text_that_cannot_be_edited_is_written_anew(text: str) -> None:
    config = ComputeConfig(cloud="research")
    assert update_text(text, config) == dump(config)


def test_a_mistake_in_the_text_is_overwritten_by_the_configuration() -> None:
    config = ComputeConfig.model_validate({"max_resources": {"CPU": 3}})
    assert update_text("# limits\nmax_resources: many\n", config) == (
        "# limits\nmax_resources:\n  CPU: 3\n"
    )


@EXAMPLES
@given(configurations, configurations)
def test_an_edited_text_says_the_new_configuration(old: ComputeConfig, new: ComputeConfig) -> None:
    assert read(update_text(dump(old), new)) == new


@EXAMPLES
@given(configurations)
def test_the_example_can_be_edited_into_any_configuration(new: ComputeConfig) -> None:
    text = update_text(GPU_WITH_FALLBACK, new)
    assert read(text) == new


def test_a_question_mark_in_a_list_of_lists_is_no_key() -> None:
    wanted = ComputeConfig.model_validate({"advanced_instance_config": {"a": [["?0", "b"]]}})
    assert read(update_text("cloud: a\n", wanted)) == wanted
    assert read(dump(wanted)) == wanted

from typing import Any

from hypothesis import given

from domain.configuration.diff import changes
from domain.configuration.merge import MergeConflict, three_way
from domain.configuration.spec import ComputeConfig
from tests.domain.configurations import EXAMPLES, configurations

CPU = {"name": "cpu", "instance_type": "m5.4xlarge"}
GPU = {"name": "gpu", "instance_type": "g5.2xlarge"}


def config(**values: Any) -> ComputeConfig:
    return ComputeConfig.model_validate({"cloud": "a", "worker_nodes": [CPU, GPU], **values})


def test_changes_of_different_fields_come_together() -> None:
    mine = config(cloud="b", worker_nodes=[{**CPU, "max_nodes": 3}, GPU])
    theirs = config(max_resources={"GPU": 4}, worker_nodes=[{**CPU, "min_nodes": 1}, GPU])
    merge = three_way(config(), mine, theirs)
    both = [{**CPU, "max_nodes": 3, "min_nodes": 1}, GPU]
    assert merge.merged == config(cloud="b", max_resources={"GPU": 4}, worker_nodes=both)
    assert merge.conflicts == ()


def test_the_same_change_on_both_sides_is_no_conflict() -> None:
    same = config(cloud="b", zones=["z"])
    assert three_way(config(), same, same).merged == same
    assert three_way(config(), same, same).conflicts == ()


def test_a_field_changed_in_two_ways_keeps_mine_and_is_listed() -> None:
    merge = three_way(config(), config(cloud="mine"), config(cloud="theirs"))
    assert merge.merged.cloud == "mine"
    assert merge.conflicts == (MergeConflict("cloud", "a", "mine", "theirs"),)


def test_each_key_of_a_free_mapping_is_merged_by_itself() -> None:
    base = config(flags={"a": 1, "b": 1})
    merge = three_way(base, config(flags={"a": 2, "b": 1}), config(flags={"b": 1, "c": 3}))
    assert merge.merged.flags == {"a": 2, "b": 1, "c": 3}
    assert [conflict.path for conflict in merge.conflicts] == ["flags.a"]


def test_turning_a_limit_off_is_not_lost() -> None:
    never = config(mobula={"max_lifetime_minutes": 0})
    assert three_way(config(), never, config(cloud="b")).merged == never.replace(cloud="b")


def test_a_group_removed_by_one_goes_if_the_other_did_not_touch_it() -> None:
    fewer = config(worker_nodes=[CPU])
    assert three_way(config(), fewer, config(cloud="b")).merged == fewer.replace(cloud="b")
    assert three_way(config(), config(cloud="b"), fewer).merged == fewer.replace(cloud="b")


def test_a_group_removed_by_one_and_changed_by_the_other_is_a_conflict() -> None:
    fewer, changed = config(worker_nodes=[CPU]), config(worker_nodes=[CPU, {**GPU, "max_nodes": 2}])
    kept = three_way(config(), changed, fewer)
    assert kept.merged == changed
    assert kept.conflicts == (
        MergeConflict("worker_nodes[gpu]", GPU, {**GPU, "max_nodes": 2}, None),
    )
    gone = three_way(config(), fewer, changed)
    assert gone.merged == fewer
    assert gone.conflicts == (
        MergeConflict("worker_nodes[gpu]", GPU, None, {**GPU, "max_nodes": 2}),
    )


def test_groups_added_by_both_are_all_there_mine_first() -> None:
    mine = config(worker_nodes=[CPU, GPU, {**CPU, "name": "m"}])
    theirs = config(worker_nodes=[{**CPU, "name": "t"}, CPU, GPU])
    names = [group.name for group in three_way(config(), mine, theirs).merged.groups]
    assert names == ["cpu", "gpu", "m", "t"]


def test_the_same_new_name_for_different_groups_is_a_conflict_of_their_fields() -> None:
    mine = config(worker_nodes=[CPU, GPU, {"name": "n", "instance_type": "x"}])
    theirs = config(worker_nodes=[CPU, GPU, {"name": "n", "instance_type": "y"}])
    merge = three_way(config(), mine, theirs)
    assert merge.merged == mine
    assert merge.conflicts == (MergeConflict("worker_nodes[n].instance_type", None, "x", "y"),)


@EXAMPLES
@given(configurations, configurations)
def test_what_only_one_side_changed_is_taken_whole(
    base: ComputeConfig, changed: ComputeConfig
) -> None:
    for merge in (three_way(base, base, changed), three_way(base, changed, base)):
        assert merge.conflicts == ()
        assert changes(merge.merged, changed) == []


@EXAMPLES
@given(configurations, configurations, configurations)
def test_sides_agree_on_where_they_conflict(
    base: ComputeConfig, mine: ComputeConfig, theirs: ComputeConfig
) -> None:
    one, other = three_way(base, mine, theirs), three_way(base, theirs, mine)
    assert [c.path for c in one.conflicts] == [c.path for c in other.conflicts]
    if not one.conflicts:
        orderless = {"worker_nodes"}
        assert {c.path for c in changes(one.merged, other.merged)} <= orderless


def test_theirs_holds_where_it_is_asked_for() -> None:
    base = ComputeConfig(cloud="a", zones=("z",))
    mine = ComputeConfig(cloud="mine", zones=("m",))
    theirs = ComputeConfig(cloud="theirs", zones=("t",))
    merge = three_way(base, mine, theirs, theirs_at={"cloud"})
    assert (merge.merged.cloud, merge.merged.zones) == ("theirs", ("m",))
    assert [conflict.path for conflict in merge.conflicts] == ["cloud", "zones"]

import json
from pathlib import Path

import pytest

from mobula.cli import main

CONFIGURATION = """
head_node: {instance_type: 1CPU-2GB}
worker_nodes:
  - {name: cpu, instance_type: 2CPU-4GB, min_nodes: 1, max_nodes: 3, labels: {zone: a}}
  - {name: gpu, instance_type: 4CPU-16GB-1GPU, max_nodes: 2}
"""


@pytest.fixture
def configuration(tmp_path: Path) -> str:
    file = tmp_path / "cluster.yaml"
    file.write_text(CONFIGURATION)
    return str(file)


@pytest.fixture
def demand(tmp_path: Path) -> Path:
    return tmp_path / "demand.json"


def waiting(*shapes: tuple[dict[str, float], int]) -> str:
    return json.dumps({"shapes": [{"resources": each, "count": n} for each, n in shapes]})


def test_the_plan_is_told_in_words(
    configuration: str, demand: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    demand.write_text(waiting(({"CPU": 1}, 4), ({"GPU": 1}, 1)))
    assert main(["plan", configuration, "--demand", str(demand)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Launch 1 × 2CPU-4GB: group cpu is kept at 1 or more.",
        ("Launch 1 × 4CPU-16GB-1GPU for 2 × {CPU: 1}, 1 × {GPU: 1}: the only machine that fits."),
        "2 more nodes: $1.238 an hour more.",
    ]


def test_what_must_wait_ends_with_1(
    configuration: str, demand: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    demand.write_text(waiting(({"TPU": 4}, 2)))
    assert main(["plan", configuration, "--demand", str(demand)]) == 1
    assert "Unscheduled 2 × {TPU: 4}: no group has TPU." in capsys.readouterr().out


def test_json_holds_launches_drains_and_what_waits(
    configuration: str, demand: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    demand.write_text(waiting(({"TPU": 4}, 2)))
    main(["plan", configuration, "--demand", str(demand), "--json"])
    told = json.loads(capsys.readouterr().out)
    (launch,) = told["launches"]
    assert (launch["group"], launch["instance_type"], launch["count"]) == ("cpu", "2CPU-4GB", 1)
    assert launch["reason"] == "1 × 2CPU-4GB: group cpu is kept at 1 or more."
    assert told["drains"] == []
    (left,) = told["unserved"]
    assert (left["resources"], left["count"]) == ({"TPU": 4.0}, 2)
    assert left["reason"] == "no group has TPU"
    assert left["cause"]["misfit"]["missing"] == ["TPU"]
    assert told["hourly_usd"] == launch["hourly_usd"]


def test_a_selector_of_rays_own_group_label_finds_the_group(
    configuration: str, demand: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    selector = {"key": "ray.io/node-group", "operator": "in", "values": ["gpu"]}
    shape = {"resources": {"CPU": 1}, "count": 1, "selectors": [selector]}
    demand.write_text(json.dumps({"shapes": [shape]}))
    assert main(["plan", configuration, "--demand", str(demand)]) == 0
    assert "Launch 1 × 4CPU-16GB-1GPU for 1 × {CPU: 1}" in capsys.readouterr().out


def test_a_cluster_without_autoscaling_is_its_minimum(
    configuration: str, demand: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(configuration).write_text(f"{CONFIGURATION}mobula: {{autoscaling: false}}\n")
    demand.write_text(waiting(({"CPU": 2}, 2)))
    assert main(["plan", configuration, "--demand", str(demand)]) == 1
    assert "autoscaling is off and group cpu has its 1" in capsys.readouterr().out


def test_a_demand_may_be_short_lines(
    configuration: str, demand: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    demand.write_text("4 x CPU:1, memory:1GiB\n1 x TPU:1")
    assert main(["plan", configuration, "--demand", str(demand)]) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[-2] == "Unscheduled 1 × {TPU: 1}: no group has TPU."
    assert told[-1].endswith("1 would stay pending.")
    demand.write_text("4 x CPU:1\n4 x CPU")
    assert main(["plan", configuration, "--demand", str(demand)]) == 2
    assert "Line 2: 'CPU' has no amount: write it as CPU:2." in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "[]", "{", '{"shapes": 3}'])
def test_a_demand_that_cannot_be_read_ends_with_2(
    configuration: str, demand: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    demand.write_text(text)
    assert main(["plan", configuration, "--demand", str(demand)]) == 2
    assert capsys.readouterr().err.startswith("mobula: ")


def test_a_missing_file_ends_with_2(configuration: str, tmp_path: Path) -> None:
    assert main(["plan", configuration, "--demand", str(tmp_path / "nowhere.json")]) == 2


def test_an_invalid_configuration_ends_with_1_and_names_the_field(
    configuration: str, demand: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(configuration).write_text(CONFIGURATION.replace("max_nodes: 3", "max_nodes: 0"))
    demand.write_text("{}")
    assert main(["plan", configuration, "--demand", str(demand)]) == 1
    captured = capsys.readouterr()
    assert "worker_nodes[0].max_nodes" in captured.err
    assert captured.out == ""


def test_a_head_with_room_for_all_of_it_launches_nothing(
    configuration: str, demand: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(configuration).write_text("head_node: {instance_type: 4CPU-8GB}\nworker_nodes: []\n")
    demand.write_text(waiting(({"CPU": 1}, 4)))
    assert main(["plan", configuration, "--demand", str(demand)]) == 0
    assert capsys.readouterr().out == "Nothing to launch: the head has room for all of it.\n"


AWS = """
head_node: {instance_type: m5.2xlarge}
worker_nodes:
  - {name: l4, instance_type: g6.2xlarge, max_nodes: 10}
  - {name: h100, instance_type: p5.4xlarge, max_nodes: 2}
"""


def test_a_placement_group_that_needs_h100_starts_no_cheaper_gpu(
    tmp_path: Path, demand: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "aws.yaml"
    file.write_text(AWS)
    selector = {"key": "ray.io/accelerator-type", "operator": "in", "values": ["H100"]}
    gang = {"strategy": "PACK", "bundles": [{"GPU": 1}] * 2, "selectors": [[selector]] * 2}
    demand.write_text(json.dumps({"gangs": [gang]}))
    assert main(["plan", str(file), "--provider", "aws", "--demand", str(demand)]) == 0
    assert "Launch 2 × p5.4xlarge" in capsys.readouterr().out


def test_a_report_of_an_older_agent_is_planned_for(
    configuration: str, demand: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    selector = {"key": "ray.io/market-type", "operator": "not_in", "values": ["spot"]}
    shape = {"resources": {"CPU": 2}, "count": 1, "selectors": [selector]}
    demand.write_text(json.dumps({"shapes": [shape], "gangs": [], "floors": []}))
    assert main(["plan", configuration, "--demand", str(demand)]) == 0
    assert "Launch 1 × 2CPU-4GB" in capsys.readouterr().out


def test_work_inside_a_placement_group_is_shown_and_starts_nothing(
    tmp_path: Path, demand: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "cluster.yaml"
    file.write_text(CONFIGURATION.replace("min_nodes: 1, ", ""))
    group = "8d41365ee7ee8cfa2a1ccda8f0f901000000"
    demand.write_text(waiting(({f"CPU_group_{group}": 1, f"bundle_group_{group}": 0.001}, 2)))
    assert main(["plan", str(file), "--demand", str(demand)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"Waiting 2 × {{CPU: 1}} in placement group {group}, until")
    assert lines[1:] == ["Nothing to launch."]


def test_an_unknown_key_of_a_demand_is_refused_by_name(
    configuration: str, demand: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shape = {"resources": {"CPU": 1}, "count": 1, "label_selector": {"zone": "a"}}
    demand.write_text(json.dumps({"shapes": [shape]}))
    assert main(["plan", configuration, "--demand", str(demand)]) == 2
    assert 'shapes[0] has "label_selector", which is not known' in capsys.readouterr().err

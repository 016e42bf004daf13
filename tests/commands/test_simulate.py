import json
from pathlib import Path

import pytest

from mobula.cli import main

CONFIGURATION = """
head_node: {instance_type: 1CPU-2GB}
worker_nodes:
  - {name: cpu, instance_type: 4CPU-16GB, max_nodes: 10}
  - {name: gpu, instance_type: 4CPU-16GB-1GPU, max_nodes: 4}
mobula:
  scaling:
    schedules:
      - {group: cpu, min_nodes: 2, days: [mon], start: "08:00", end: "18:00"}
  groups:
    cpu: {warm_spare: 1}
"""
PLAIN = CONFIGURATION.partition("mobula:")[0]


@pytest.fixture
def configuration(tmp_path: Path) -> str:
    file = tmp_path / "cluster.yaml"
    file.write_text(CONFIGURATION)
    return str(file)


@pytest.fixture
def workload(tmp_path: Path) -> str:
    file = tmp_path / "work.json"
    arrivals = [
        {"at": 9 * 3600, "count": 8, "seconds": 600, "shape": {"CPU": 1}},
        {"at": 20 * 3600, "count": 1, "seconds": 900, "shape": {"GPU": 1, "CPU": 1}},
    ]
    file.write_text(json.dumps(arrivals))
    return str(file)


def rows(printed: str) -> dict[str, dict[str, str]]:
    head, _, *lines = (
        [cell.strip() for cell in line.split("|")[1:-1]] for line in printed.splitlines()
    )
    return {line[0]: dict(zip(head, line, strict=True)) for line in lines}


def test_each_strategy_and_ray_have_a_row(
    configuration: str, workload: str, capsys: pytest.CaptureFixture[str]
) -> None:
    strategies = [f"--strategy={name}" for name in ("reactive", "scheduled", "spare")]
    command = ["simulate", configuration, "--workload", workload, "--days", "1", *strategies]
    assert main(command) == 0
    found = rows(capsys.readouterr().out)
    assert list(found) == [
        "mobula, reactive",
        "mobula, scheduled",
        "mobula, spare",
        "ray",
        "ray, priorities by price",
    ]
    assert {row["finished"] for row in found.values()} == {"9"}
    assert found["mobula, scheduled"]["wait p50"] == "0 s"
    assert found["mobula, reactive"]["wait p50"] != "0 s"


def test_json_keeps_money_exact_and_is_the_same_twice(
    configuration: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["simulate", configuration, "--synthetic", "office-hours", "--days", "1", "--json"]
    printed = []
    for _ in range(2):
        assert main([*command, "--size", "0.1"]) == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    outcomes = json.loads(printed[0])
    assert [one["policy"] for one in outcomes] == ["mobula", "ray", "ray, priorities by price"]
    assert len({one["arrived"] for one in outcomes}) == 1
    assert all(one["finished"] == one["arrived"] for one in outcomes)


def test_a_forecast_learns_from_the_weeks_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "plain.yaml"
    file.write_text(PLAIN)
    command = ["simulate", str(file), "--synthetic", "nightly", "--days", "1", "--no-ray"]
    command += ["--size", "0.2", "--history-days", "5"]
    command += ["--strategy", "reactive", "--strategy", "forecast"]
    assert main(command) == 0
    found = rows(capsys.readouterr().out)
    assert list(found) == ["mobula, reactive", "mobula, forecast"]
    assert found["mobula, forecast"] != found["mobula, reactive"] | {"policy": "mobula, forecast"}


@pytest.mark.parametrize(
    ("strategy", "lacks"), [("scheduled", "schedules"), ("spare", "warm_spare")]
)
def test_a_strategy_that_the_configuration_lacks_is_named(
    tmp_path: Path, workload: str, strategy: str, lacks: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "plain.yaml"
    file.write_text(PLAIN)
    command = ["simulate", str(file), "--workload", workload, "--strategy", strategy]
    assert main(command) == 1
    assert lacks in capsys.readouterr().err


def test_a_price_that_is_not_known_is_told(
    tmp_path: Path, workload: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "dear.yaml"
    file.write_text("worker_nodes: [{name: pod, instance_type: 4CPU-16GB}]")
    command = ["simulate", str(file), "--workload", workload, "--provider", "kubernetes"]
    assert main(command) == 1
    assert "unknown" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["[]", "{", '[{"at": 0}]'])
def test_a_workload_that_cannot_be_read_ends_with_2(
    configuration: str, tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bad.json"
    file.write_text(text)
    assert main(["simulate", configuration, "--workload", str(file)]) == 2
    assert capsys.readouterr().err.startswith("mobula: ")


def test_csv_is_read_by_its_ending(
    configuration: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "work.csv"
    file.write_text("at,count,seconds,CPU\n3600,4,60,1\n")
    command = ["simulate", configuration, "--workload", str(file), "--days", "1", "--no-ray"]
    assert main(command) == 0
    assert rows(capsys.readouterr().out)["mobula"]["finished"] == "4"


@pytest.mark.parametrize("option", ["--days=0", "--size=0", "--boot-seconds=-1", "--start=never"])
def test_numbers_without_sense_are_refused(configuration: str, option: str) -> None:
    with pytest.raises(SystemExit):
        main(["simulate", configuration, "--synthetic", "steady", option])

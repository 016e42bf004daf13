"""`ray up` files of a few words, and what becomes of them."""

from typing import Any

from domain.configuration.spec import ComputeConfig
from domain.convert import Format, Imported, imported
from domain.yaml.writing import dump_value

AWS = {"type": "aws", "region": "us-east-2"}
GCP = {"type": "gcp", "region": "us-west1", "project_id": None}
AWS_HEAD = {"node_config": {"InstanceType": "m5a.xlarge"}, "resources": {"CPU": 0}}
GCP_HEAD = {"node_config": {"machineType": "n2-standard-8"}, "resources": {"CPU": 0}}


def cluster(types: dict[str, Any], provider: Any = None, **top: Any) -> Imported:
    provider = provider or AWS
    head = GCP_HEAD if provider["type"] == "gcp" else AWS_HEAD
    plain = {
        "cluster_name": "theirs",
        "provider": provider,
        "available_node_types": {"head": head, **types},
        "head_node_type": "head",
        **top,
    }
    return imported(dump_value(plain), Format.RAY_UP)


def config_of(found: Imported) -> ComputeConfig:
    assert found.config is not None, found.problems
    return found.config


def losses_of(found: Imported) -> dict[str, str]:
    return {loss.path: loss.why for loss in found.losses if loss.path != "provider.region"}


def one_machine(node_config: dict[str, Any], provider: Any = AWS, **more: Any) -> Imported:
    name = "machineType" if provider["type"] == "gcp" else "InstanceType"
    machine = {name: "n1-standard-8" if provider["type"] == "gcp" else "m5.2xlarge"}
    return cluster({"w": {"node_config": machine | node_config, **more}}, provider)

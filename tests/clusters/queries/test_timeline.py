"""What a cluster's page says comes next."""

from clusters.models import Cluster
from clusters.queries.timeline import next_step
from domain.lifecycle import ClusterState


def test_start_of_a_head_is_told_with_its_usual_length_where_that_is_known(
    cluster: Cluster,
) -> None:
    cluster.state = ClusterState.STARTING
    assert next_step(cluster) == "The head node is starting."
    cluster.cloud.provider = "local"
    assert next_step(cluster) == "The head node is starting; this usually takes about 10 s."

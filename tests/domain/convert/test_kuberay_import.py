"""Clusters that others wrote: all that they say is read or named."""

from domain.convert import imported

THEIRS = """\
apiVersion: ray.io/v1
kind: RayJob
metadata: {name: nightly, namespace: ml}
spec:
  entrypoint: python train.py
  rayClusterSpec:
    enableInTreeAutoscaling: true
    autoscalerOptions: {upscalingMode: Conservative, idleTimeoutSeconds: 30}
    headGroupSpec:
      serviceType: NodePort
      rayStartParams: {}
      template:
        spec:
          containers:
            - {name: ray-head, image: "ray:1", resources: {limits: {cpu: 1500m, memory: 4Gi}}}
    workerGroupSpecs:
      - groupName: a
        rayStartParams: {resources: '"{\\"licence\\": 2}"', num-cpus: many}
        resources: {memory: 4Gi}
        template:
          spec:
            affinity:
              nodeAffinity:
                requiredDuringSchedulingIgnoredDuringExecution:
                  nodeSelectorTerms:
                    - matchExpressions:
                        - {key: topology.kubernetes.io/zone, operator: In, values: [zone-a]}
            containers:
              - name: ray-worker
                image: ray:2
                resources:
                  requests: {cpu: "2", memory: 4Gi, vpc.amazonaws.com/efa: "1"}
                  limits: {cpu: "4", memory: 4Gi, vpc.amazonaws.com/efa: "1"}
"""


def test_all_that_a_foreign_cluster_says_is_read_or_named() -> None:
    found = imported(THEIRS)
    assert {loss.path.removeprefix("spec.rayClusterSpec.") for loss in found.losses} == {
        "metadata.namespace",
        "spec.entrypoint",
        "headGroupSpec",
        "headGroupSpec.serviceType",
        "headGroupSpec.template.resources.cpu",
        "workerGroupSpecs[0].maxReplicas",
        "workerGroupSpecs[0].resources.CPU",
        "workerGroupSpecs[0].template.image",
        "workerGroupSpecs[0].template.resources.requests.cpu",
    }
    assert found.config is not None
    group = found.config.groups[0]
    assert group.resources == {"licence": 2, "memory": 4 * 2**30}
    block = group.advanced_instance_config or {}
    assert block["spec"]["containers"][0]["resources"]["limits"] == {"vpc.amazonaws.com/efa": "1"}


def test_zones_of_one_group_bind_neither_the_head_nor_the_others() -> None:
    found = imported(THEIRS).config
    assert found is not None
    assert found.zones is None
    assert "zone-a" in str(found.groups[0].advanced_instance_config)

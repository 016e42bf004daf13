"""Files of KubeRay with TPUs, GPUs, labels and spot nodes, in our own words."""

TPUS = """\
apiVersion: ray.io/v1
kind: RayJob
metadata: {name: tpus}
spec:
  entrypoint: python train.py
  rayClusterSpec:
    headGroupSpec:
      rayStartParams: {num-cpus: "0"}
      template:
        spec:
          imagePullSecrets: []
          affinity: {}
          nodeSelector: {}
          containers:
            - name: ray-head
              image: $IMAGE
              env: null
              ports: null
              resources: {limits: {cpu: "8", ephemeral-storage: 20Gi, memory: 40G}}
    workerGroupSpecs:
      - groupName: one-host
        replicas: 1
        minReplicas: 1
        maxReplicas: 2
        numOfHosts: 1
        template:
          metadata: {annotations: {gke-gcsfuse/volumes: "true"}}
          spec:
            containers:
              - name: ray-worker
                image: $IMAGE
                resources: {limits: {cpu: "100", google.com/tpu: "8", memory: 200G}}
            nodeSelector:
              cloud.google.com/gke-tpu-accelerator: tpu-v6e-slice
              cloud.google.com/gke-tpu-topology: 2x4
      - groupName: two-hosts
        replicas: 1
        minReplicas: 0
        maxReplicas: 1
        numOfHosts: 2
        rayStartParams: {resources: "\\"{\\\\\\"google.com/tpu\\\\\\": 4}\\""}
        template:
          spec:
            containers:
              - name: ray-worker
                image: $IMAGE
                resources: {limits: {cpu: "1", google.com/tpu: 4, memory: 40G}}
            nodeSelector:
              cloud.google.com/gke-tpu-accelerator: tpu-v4-podslice
              cloud.google.com/gke-tpu-topology: 2x2x2
"""

LABELS = """\
apiVersion: ray.io/v1
kind: RayCluster
metadata: {name: labels}
spec:
  enableInTreeAutoscaling: true
  headGroupSpec:
    labels: {ray.io/region: us-central2}
    resources: {CPU: "0"}
    template:
      spec:
        containers:
          - {name: h, image: "ray:1", resources: {limits: {cpu: "1", memory: 5Gi}}}
  workerGroupSpecs:
    - groupName: large-cpu
      minReplicas: 1
      maxReplicas: 10
      labels: {cpu-family: intel, ray.io/market-type: on-demand}
      template:
        spec:
          nodeSelector: {cloud.google.com/machine-family: N4}
          containers:
            - {name: w, image: "ray:1", resources: {limits: {cpu: "2", memory: 4Gi}}}
    - groupName: accelerators
      minReplicas: 0
      maxReplicas: 10
      labels: {ray.io/accelerator-type: A100, ray.io/region: us-central2}
      resources: {GPU: "1"}
      template:
        spec:
          nodeSelector: {cloud.google.com/gke-accelerator: nvidia-tesla-a100}
          containers:
            - {name: w, image: "ray:1", resources: {limits: {cpu: "1", memory: 1Gi}}}
    - groupName: spot
      minReplicas: 0
      maxReplicas: 5
      labels: {cpu-family: amd, ray.io/market-type: spot}
      template:
        spec:
          nodeSelector: {cloud.google.com/gke-spot: "true"}
          containers:
            - {name: w, image: "ray:1", resources: {limits: {cpu: "1", memory: 1Gi}}}
"""

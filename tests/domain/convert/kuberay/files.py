"""Files of the kinds that people apply to a cluster with KubeRay's operator, in our own words."""

from tests.domain.convert.kuberay.accelerator_files import LABELS, TPUS

CODE = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: scripts}
data:
  run.py: |
    import ray
    ray.init()
---
"""

CODE_AND_MODES = f"""\
{CODE}apiVersion: ray.io/v1
kind: RayCluster
metadata: {{name: with-scripts, labels: {{team: ml}}}}
spec:
  rayVersion: '2.52.0'
  enableInTreeAutoscaling: true
  autoscalerOptions:
    upscalingMode: Default
    idleTimeoutSeconds: 90
    imagePullPolicy: IfNotPresent
    securityContext: {{}}
    env: []
    envFrom: []
    resources: {{limits: {{cpu: 500m, memory: 512Mi}}, requests: {{cpu: 500m, memory: 512Mi}}}}
  headGroupSpec:
    rayStartParams: {{num-cpus: "0"}}
    template:
      spec:
        containers:
          - name: ray-head
            image: rayproject/ray:2.52.0
            resources: {{limits: {{cpu: 1, memory: 2G}}, requests: {{cpu: "1", memory: 2000M}}}}
            env: [{{name: RAY_enable_autoscaler_v2, value: "1"}}]
            volumeMounts: [{{mountPath: /scripts, name: scripts}}]
        volumes:
          - name: scripts
            configMap:
              name: scripts
              defaultMode: 0755
              items: [{{key: run.py, path: run.py, mode: 0o444}}]
        restartPolicy: Never
  workerGroupSpecs:
    - replicas: 0
      minReplicas: 0
      maxReplicas: 10
      groupName: small
      rayStartParams: {{}}
      template:
        spec:
          containers:
            - name: ray-worker
              image: rayproject/ray:2.52.0
              resources: {{limits: {{cpu: "1", memory: 1G}}, requests: {{cpu: "1", memory: 1G}}}}
          restartPolicy: Never
"""

WITHOUT_SIZES = f"""\
{CODE}apiVersion: ray.io/v1alpha1
kind: RayCluster
metadata: {{name: no-sizes}}
spec:
  headGroupSpec:
    serviceType: ClusterIP
    replicas: 1
    rayStartParams: {{dashboard-host: 0.0.0.0, num-cpus: '1', block: 'true'}}
    template:
      spec:
        containers: [{{name: ray-head, image: "rayproject/ray:2.1.0"}}]
  workerGroupSpecs:
    - replicas: 3
      minReplicas: 1
      maxReplicas: 10
      groupName: by-cpu
      rayStartParams: {{block: 'true'}}
      template:
        spec:
          initContainers:
            - name: wait
              image: busybox:1.28
              command: ['sh', '-c', "until nslookup $RAY_IP; do sleep 2; done"]
          containers:
            - name: ray-worker
              image: rayproject/ray:2.1.0
              resources: {{limits: {{cpu: "2"}}, requests: {{cpu: 1000m}}}}
---
"""

SIDECARS = f"""\
apiVersion: ray.io/v1
kind: RayCluster
metadata: {{name: sidecars, annotations: {{ray.io/ft-enabled: "true"}}}}
spec:
  gcsFaultToleranceOptions: {{redisAddress: "127.0.0.1:6380"}}
  headGroupSpec:
    rayStartParams: {{num-cpus: "0", redis-password: $REDIS_PASSWORD}}
    template:
      metadata: {{labels: {{}}}}
      spec:
        initContainers:
          - name: certificates
            image: rayproject/ray:2.52.0
            command: [/bin/sh, -c, /etc/gen/tls/head.sh]
            env: [{{name: POD_IP, valueFrom: {{fieldRef: {{fieldPath: status.podIP}}}}}}]
            volumeMounts: [{{mountPath: /etc/gen/tls, name: scripts}}]
        containers:
          - name: machine-learning
            image: rayproject/ray:2.52.0
            resources: {{limits: {{cpu: "4", memory: 8Gi}}, requests: {{cpu: "4", memory: 8Gi}}}}
            env:
              - name: CPU_LIMITS
                valueFrom:
                  resourceFieldRef: {{containerName: machine-learning, resource: limits.cpu}}
            securityContext: {{capabilities: {{add: [SYS_PTRACE]}}}}
            lifecycle: {{preStop: {{exec: {{command: [/bin/sh, -c, ray stop]}}}}}}
          - name: redis
            image: redis:7.4.0
            resources: {{limits: {{cpu: 100m, memory: 128Mi}}}}
            ports: [{{containerPort: 6380, name: redis}}]
            volumeMounts: [{{name: data, mountPath: /data}}]
        volumes:
          - {{name: data, persistentVolumeClaim: {{claimName: redis-data}}}}
          - {{name: scripts, configMap: {{name: scripts, defaultMode: 0777}}}}
  workerGroupSpecs: []
---
{CODE}apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: redis-data}}
spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 8Gi}}}}}}
"""

SERVICE_WITH_GPUS = """\
apiVersion: ray.io/v1
kind: RayService
metadata: {name: diffusion}
spec:
  serveConfigV2: |
    applications:
      - name: app
        import_path: app:entrypoint
  rayClusterConfig:
    rayVersion: '2.52.0'
    headGroupSpec:
      rayStartParams: {dashboard-host: 0.0.0.0}
      template:
        spec:
          nodeSelector: {cloud.google.com/gke-accelerator: nvidia-tesla-t4}
          containers:
            - name: ray-head
              image: rayproject/ray-ml:2.52.0-gpu
              resources:
                limits: {nvidia.com/gpu: "4", cpu: "54", memory: 54Gi}
                requests: {nvidia.com/gpu: 4, cpu: "54", memory: 54Gi}
    workerGroupSpecs:
      - replicas: 1
        minReplicas: 1
        maxReplicas: 10
        groupName: gpu-group
        rayStartParams: {}
        template:
          spec:
            containers:
              - name: ray-worker
                image: rayproject/ray-ml:2.52.0-gpu
                resources:
                  limits: {cpu: 4, memory: 16G, nvidia.com/gpu: 1}
                  requests: {cpu: 3, memory: 12G, nvidia.com/gpu: 1}
            tolerations:
              - {key: ray.io/node-type, operator: Equal, value: worker, effect: NoSchedule}
"""

CRON_JOB = """\
apiVersion: ray.io/v1
kind: RayCronJob
metadata: {name: nightly}
spec:
  schedule: "0 2 * * *"
  timeZone: Europe/Berlin
  jobTemplate:
    entrypoint: python nightly.py
    ttlSecondsAfterFinished: 600
    rayClusterSpec:
      rayVersion: "2.52.0"
      headGroupSpec:
        rayStartParams: {}
        template:
          spec:
            containers:
              - name: ray-head
                image: rayproject/ray:2.52.0
                resources: {limits: {cpu: "1", memory: 5Gi}, requests: {cpu: 200m}}
"""

QUEUES = """\
apiVersion: scheduling.run.ai/v2
kind: Queue
metadata: {name: team-a}
spec: {resources: {cpu: {quota: -1}}}
---
apiVersion: ray.io/v1
kind: RayCluster
metadata: {name: half-a-gpu, labels: {kai.scheduler/queue: team-a}}
spec:
  headGroupSpec:
    template:
      spec:
        containers:
          - {name: head, image: "ray:1", resources: {limits: {cpu: "1", memory: 2Gi}}}
  workerGroupSpecs:
    - groupName: shared
      replicas: 2
      minReplicas: 2
      template:
        metadata: {annotations: {gpu-fraction: "0.5"}}
        spec:
          topologySpreadConstraints:
            - maxSkew: 1
              topologyKey: kubernetes.io/hostname
              whenUnsatisfiable: DoNotSchedule
              labelSelector: {matchLabels: {ray.io/node-type: worker}}
          containers:
            - {name: w, image: "ray:1", resources: {limits: {cpu: 500m, memory: 2Gi}}}
"""

ALL = {
    "code and modes": CODE_AND_MODES,
    "without sizes": WITHOUT_SIZES,
    "sidecars": SIDECARS,
    "service with GPUs": SERVICE_WITH_GPUS,
    "TPUs": TPUS,
    "labels": LABELS,
    "cron job": CRON_JOB,
    "queues": QUEUES,
}


def cluster(groups: str = "[]", *, spec: str = "", kind: str = "RayCluster") -> str:
    """A small RayCluster with these worker groups, in flow style, and further keys of its spec."""
    pod = "{name: h, image: 'ray:1', resources: {limits: {cpu: '2', memory: 8Gi}}}"
    return f"""\
apiVersion: ray.io/v1
kind: {kind}
metadata: {{name: small}}
spec:
  {spec or "enableInTreeAutoscaling: true"}
  headGroupSpec:
    rayStartParams: {{num-cpus: "0"}}
    template: {{spec: {{containers: [{pod}]}}}}
  workerGroupSpecs: {groups}
"""


def group(
    *,
    limits: str = "cpu: '4', memory: 16Gi",
    pod: str = "",
    more: str = "",
    bounds: str = "minReplicas: 0, maxReplicas: 5",
) -> str:
    """One worker group in flow style: limits, more of the pod's spec, more of the group."""
    container = f"{{name: w, image: 'ray:1', resources: {{limits: {{{limits}}}}}}}"
    spec = ", ".join(part for part in (f"containers: [{container}]", pod) if part)
    parts = ("groupName: g", bounds, more, f"template: {{spec: {{{spec}}}}}")
    return f"{{{', '.join(part for part in parts if part)}}}"

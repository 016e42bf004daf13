"""KubeRay's RayCluster: read by the rules of Kubernetes and of the operator, and written."""

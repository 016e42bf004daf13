"""Four calls to Ray's AutoscalerStateService, the same from Ray 2.8 to 2.60."""

from __future__ import annotations

import importlib
import importlib.util
import os
import socket
import sys
import time
from typing import Any, NamedTuple

SERVICE = "/ray.rpc.autoscaler.AutoscalerStateService/"
PACKAGES = ("ray", "ray.core", "ray.core.generated")
MESSAGES = "ray.core.generated.autoscaler_pb2"
TIMEOUT_SECONDS = 5.0
CHANNEL_OPTIONS = [
    ("grpc.enable_http_proxy", 0),
    ("grpc.max_receive_message_length", 512 * 1024 * 1024),
    # gRPC's own back-off grows to two minutes; a head that comes back should be seen at once.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
]


class GcsError(Exception):
    """Ray's GCS did not answer, or refused the call."""


class RayMissing(Exception):
    """This Python has no usable Ray beside it."""


class Drained(NamedTuple):
    """Ray's answer to a drain: whether it accepted, and its own words if it did not."""

    accepted: bool
    message: str


def load_messages() -> Any:
    """Return Ray's generated ``autoscaler_pb2``, without the second that ``import ray`` costs.

    The parent packages are entered as empty modules, so that only generated code runs.
    """
    if "ray" in sys.modules:
        return importlib.import_module(MESSAGES)
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        if spec is None:
            raise RayMissing(
                f"{sys.executable} has no {package}: start the agent with Ray's Python."
            )
        sys.modules[package] = importlib.util.module_from_spec(spec)
    try:
        return importlib.import_module(MESSAGES)
    except ImportError:
        for package in PACKAGES:
            del sys.modules[package]
        return importlib.import_module(MESSAGES)


def accepts_connections(address: str) -> bool:
    """Say whether something listens at ``host:port``; costs the booting head next to nothing."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=1.0):
            return True
    except OSError:
        return False


class Gcs:
    """A connection to one cluster's GCS, at ``address`` (host:port); safe to share by threads."""

    def __init__(self, address: str, *, token: str | None) -> None:
        # gRPC's own notices on standard error would stand between our log's JSON lines.
        os.environ.setdefault("GRPC_VERBOSITY", "NONE")
        import grpc

        self.address = address
        self.messages = load_messages()
        self._rpc_error = grpc.RpcError
        self._channel = grpc.insecure_channel(address, options=CHANNEL_OPTIONS)
        self._metadata = [("authorization", "Bearer " + token)] if token else []

    def state(self) -> Any:
        """Return Ray's ``ClusterResourceState``: nodes, pending demand and floors."""
        request = self.messages.GetClusterResourceStateRequest()
        return self._call("GetClusterResourceState", request).cluster_resource_state

    def drain(
        self, ray_node_id: str, *, preemption: bool, message: str, deadline_seconds: float
    ) -> Drained:
        """Ask Ray to drain a node: for idleness it may refuse, for preemption it never does."""
        reason = "PREEMPTION" if preemption else "IDLE_TERMINATION"
        request = self.messages.DrainNodeRequest(
            node_id=bytes.fromhex(ray_node_id),
            reason=self.messages.DrainNodeReason.Value("DRAIN_NODE_REASON_" + reason),
            reason_message=message,
        )
        # Ray before 2.2x has no deadline; there the caller's own clock is the only one.
        if preemption and hasattr(request, "deadline_timestamp_ms"):
            request.deadline_timestamp_ms = int((time.time() + deadline_seconds) * 1000)
        reply = self._call("DrainNode", request)
        return Drained(reply.is_accepted, getattr(reply, "rejection_reason_message", ""))

    def clear_floors(self) -> None:
        """Forget what ``request_resources`` asked to keep available."""
        messages = self.messages
        empty = messages.ClusterResourceConstraint()
        request = messages.RequestClusterResourceConstraintRequest(
            cluster_resource_constraint=empty
        )
        self._call("RequestClusterResourceConstraint", request)

    def report_state(self, *, pending: list[dict[str, Any]], failed: list[dict[str, Any]]) -> None:
        """Publish nodes that are coming or failed, so that ``ray status`` shows them."""
        messages = self.messages
        now = int(time.time())
        waiting = [
            messages.PendingInstanceRequest(
                ray_node_type_name=entry["group"], count=entry["count"], request_ts=now
            )
            for entry in pending
        ]
        broken = [
            messages.FailedInstanceRequest(
                ray_node_type_name=entry["group"], count=entry["count"],
                reason=entry["reason"], start_ts=now, failed_ts=now,
            )
            for entry in failed
        ]  # fmt: skip
        state = messages.AutoscalingState(
            last_seen_cluster_resource_state_version=self.state().cluster_resource_state_version,
            # Ray drops a report whose version is not above the last one's, also across restarts.
            autoscaler_state_version=time.time_ns() // 1_000_000,
            pending_instance_requests=waiting,
            failed_instance_requests=broken,
        )
        request = messages.ReportAutoscalingStateRequest(autoscaling_state=state)
        self._call("ReportAutoscalingState", request)

    def _call(self, method: str, request: Any) -> Any:
        reply = getattr(self.messages, method + "Reply")
        send = self._channel.unary_unary(
            SERVICE + method,
            request_serializer=type(request).SerializeToString,
            response_deserializer=reply.FromString,
        )
        try:
            return send(request, timeout=TIMEOUT_SECONDS, metadata=self._metadata)
        except self._rpc_error as error:
            code, details = error.code().name, error.details()
            raise GcsError(f"Ray's GCS at {self.address}: {code}: {details}") from error

"""The double of an AWS account at an address of this machine: EC2, STS, SSM and the price list."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from mobula.demo_cloud.aws import attached, catalogue, checks, instances, networks, queues
from mobula.demo_cloud.aws.protocol import Answer, Asked, Plain, Refused, answered, read, refused
from mobula.demo_cloud.aws.world import ACCOUNT, Fault, World
from mobula.demo_cloud.serving import serving

type Action = Callable[[World, Plain], Plain]

ACTIONS: Mapping[str, Action] = {
    "RunInstances": instances.run_instances,
    "DescribeInstances": instances.describe_instances,
    "TerminateInstances": instances.terminate_instances,
    "CreateSecurityGroup": networks.create_security_group,
    "DescribeSecurityGroups": networks.describe_security_groups,
    "AuthorizeSecurityGroupIngress": networks.authorize_security_group_ingress,
    "AuthorizeSecurityGroupEgress": networks.authorize_security_group_egress,
    "DeleteSecurityGroup": networks.delete_security_group,
    "CreatePlacementGroup": networks.create_placement_group,
    "DescribePlacementGroups": networks.describe_placement_groups,
    "DeletePlacementGroup": networks.delete_placement_group,
    "DescribeVolumes": attached.describe_volumes,
    "DeleteVolume": attached.delete_volume,
    "DescribeNetworkInterfaces": attached.describe_network_interfaces,
    "DeleteNetworkInterface": attached.delete_network_interface,
    "ReceiveMessage": queues.receive_message,
    "GetQueueAttributes": queues.get_queue_attributes,
    "DeleteMessage": queues.delete_message,
    "DescribeSubnets": networks.describe_subnets,
    "DescribeInstanceTypes": catalogue.describe_instance_types,
    "DescribeInstanceTypeOfferings": catalogue.describe_instance_type_offerings,
    "DescribeSpotPriceHistory": catalogue.describe_spot_price_history,
    "DescribeImages": catalogue.describe_images,
    "GetProducts": catalogue.get_products,
    "GetParameter": catalogue.get_parameter,
    "DescribeKeyPairs": checks.describe_key_pairs,
    "GetSpotPlacementScores": checks.get_spot_placement_scores,
    "GetServiceQuota": checks.get_service_quota,
    "GetAWSDefaultServiceQuota": checks.get_default_quota,
    "GetInstanceProfile": checks.get_instance_profile,
    "SimulatePrincipalPolicy": checks.simulate_principal_policy,
}
# Actions of services whose names others have, too.
_OF_SERVICE: Mapping[str, Mapping[str, Action]] = {
    "ecr": {"DescribeImages": checks.describe_container_images},
    "sts": {"DecodeAuthorizationMessage": checks.decode_authorization_message},
}


class Dropped(Exception):
    """The connection is closed without an answer."""


class Cloud:
    """An account of AWS; `world` is what is in it."""

    def __init__(self, world: World | None = None) -> None:
        self.world = world or World()
        self.url = ""
        self.defects: list[Exception] = []  # of the double itself: raised when it ends
        self.lock = threading.RLock()  # of `world`
        if not self.world.types:
            catalogue.fill(self.world)

    def answer(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """Return the answer to one request; raise Dropped where there is none."""
        time.sleep(self.world.latency)
        service = ""
        try:
            asked = read(headers, body)
            service = asked.service
            return self._carried_out(asked)
        except Refused as refusal:
            return refused(service, refusal)
        except Exception as defect:
            if not isinstance(defect, Dropped):
                self.defects.append(defect)
            raise

    def _carried_out(self, asked: Asked) -> Answer:
        with self.lock:
            self.world.calls.append((asked.action, asked.parameters))
            self.world.rights.add(asked.right)
            self._let_in(asked)
            refuse_denied(self.world, asked)
            fault = self._fault(asked.action)
            if fault is None or fault.takes_effect:
                try:
                    answer = answered(asked, self._done(asked))
                except Refused:
                    if fault is None:
                        raise
        if fault is None:
            return answer
        time.sleep(fault.after)
        if fault.code:
            raise Refused(fault.code, fault.message, status=fault.status)
        raise Dropped

    def _done(self, asked: Asked) -> Plain:
        own = _OF_SERVICE.get(asked.service, {}).get(asked.action)
        if own is None and asked.service == "sts":
            return self._identity(asked)
        action = own or ACTIONS.get(asked.action)
        if action is None:
            raise Refused("InvalidAction", f"The double does not know {asked.action}.", status=501)
        return action(self.world, asked.parameters)

    def _let_in(self, asked: Asked) -> None:
        until = self.world.sessions.get(asked.access_key)
        if until is not None and self.world.clock() >= until:
            code = "RequestExpired" if asked.service == "ec2" else "ExpiredToken"
            raise Refused(code, "The security token included in the request is expired")
        if asked.access_key in self.world.refused_keys:
            if asked.service == "ec2":
                words = "AWS was not able to validate the provided access credentials"
                raise Refused("AuthFailure", words, status=401)
            words = "The security token included in the request is invalid."
            raise Refused("InvalidClientTokenId", words, status=403)

    def _fault(self, action: str) -> Fault | None:
        return next((fault for fault in self.world.faults if fault.strikes(action)), None)

    def _identity(self, asked: Asked) -> Plain:
        if asked.action == "GetCallerIdentity":
            arn = f"arn:aws:iam::{ACCOUNT}:user/{asked.access_key}"
            if role := self.world.acting.get(asked.access_key):  # told without its path
                name = role.rpartition("/")[2]
                arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{asked.access_key}"
            return {"UserId": asked.access_key, "Account": ACCOUNT, "Arn": arn}
        if asked.action != "AssumeRole":
            raise Refused("InvalidAction", f"The double does not know {asked.action}.", status=501)
        role, world = asked.parameters["RoleArn"], self.world
        if role not in world.roles or world.roles[role] != asked.parameters.get("ExternalId", ""):
            words = f"User is not authorized to perform: sts:AssumeRole on resource: {role}"
            raise Refused("AccessDenied", words, status=403)
        key, until = f"ASIA{world.number():016d}", world.clock() + world.session_seconds
        world.sessions[key], world.acting[key] = until, role
        return {
            "Credentials": {
                "AccessKeyId": key,
                "SecretAccessKey": "secret",
                "SessionToken": "token",
                "Expiration": datetime.fromtimestamp(until, UTC),
            },
            "AssumedRoleUser": {
                "AssumedRoleId": f"AROA:{key}",
                "Arn": role.replace(":role/", ":assumed-role/").replace(":iam:", ":sts:"),
            },
        }


def refuse_denied(world: World, asked: Asked) -> None:
    """Raise Refused where the account's policies do not allow a call."""
    if asked.right not in world.denied:
        return
    resource = f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/*"
    plain = (
        f"User: arn:aws:iam::{ACCOUNT}:user/mobula is not authorized to perform: {asked.right} on "
        f"resource: {resource} because no identity-based policy allows the {asked.right} action"
    )
    if asked.service == "ec2":
        words = (
            plain if world.plain_refusals else "You are not authorized to perform this operation"
        )
        code = f"{asked.right}~{resource.replace('/', '~')}"
        words = f"{words}. Encoded authorization failure message: {code}"
        raise Refused("UnauthorizedOperation", words, status=403)
    is_json = asked.service in {"ecr", "service-quotas", "ssm", "sqs", "pricing"}
    raise Refused("AccessDeniedException" if is_json else "AccessDenied", plain, status=400)


class Handler(BaseHTTPRequestHandler):
    """Answers one connection of the account `cloud`."""

    cloud: Cloud
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet an answer
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Answer a call of AWS's API."""
        try:
            answer = self.cloud.answer({k.title(): v for k, v in self.headers.items()}, self.body())
        except Dropped:
            self.close_connection = True
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.say(answer)

    def body(self) -> bytes:
        """Return what was sent."""
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def say(self, answer: Answer) -> None:
        """Send an answer."""
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """The account's address."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent about clients that went away."""


@contextmanager
def running(world: World | None = None) -> Iterator[Cloud]:
    """Run the account at a free port of this machine for as long as the block lasts."""
    cloud = Cloud(world)
    server = Server(("127.0.0.1", 0), type("Answers", (Handler,), {"cloud": cloud}))
    with serving(server) as cloud.url:
        yield cloud
    if cloud.defects:
        raise cloud.defects[0]

"""What several checks of one account need, each asked once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from threading import Lock
from typing import Any

from providers.aws.account import AwsAccount
from providers.aws.calls import PAGE, Calls
from providers.aws.client import Clients
from providers.aws.machines.images import Hardware, Image, Images

# With these, no thread outlives the limit of all checks by much.
READ_SECONDS, PATIENCE_SECONDS = 8, 6.0
IN_USE = ("pending", "running", "stopping")
_TYPES_A_CALL = 100

type Row = Mapping[str, Any]


class Facts:
    """The account's services, and what they answer; any number of threads may ask."""

    def __init__(self, account: AwsAccount) -> None:
        self.account = account
        self._clients = Clients(account, read_seconds=READ_SECONDS)
        self.ec2, self.sts = self._calls("EC2", "ec2"), self._calls("AWS STS", "sts")
        self.iam = self._calls("IAM", "iam")
        self.sqs = self._calls("Amazon SQS", "sqs")
        self.quotas = self._calls("Service Quotas", "service-quotas")
        ssm = self._calls("AWS Systems Manager", "ssm")
        self._images = Images(account, ec2=self.ec2, ssm=ssm)
        self._answers: dict[object, Future[Any]] = {}
        self._lock = Lock()

    def registry(self, region: str) -> Calls:
        """Return the calls of ECR in a region."""
        return self._calls("ECR", "ecr", region=region)

    def hardware(self, name: str) -> Hardware:
        """Return a machine type; raises `InvalidRequest` for one that the region has not."""
        found: Hardware = self._once(("type", name), lambda: self._images.hardware(name))
        return found

    def image(self, hardware: Hardware) -> Image:
        """Return the AMI of a machine type; raises `InvalidRequest` where it does not fit."""
        key = ("image", hardware.image_kind, hardware.type.arch)
        found: Image = self._once(key, lambda: self._images.image(hardware))
        return found

    def identity(self) -> Row:
        """Return who Mobula is in the account."""
        found: Row = self._once("identity", lambda: self.sts("get_caller_identity"))
        return found

    def subnets(self, names: Sequence[str] = ()) -> Sequence[Row]:
        """Return these subnets, or the default ones of each zone."""
        key = ("subnets", tuple(sorted(names)))
        found: Sequence[Row] = self._once(key, lambda: self._subnets(names))
        return found

    def running(self) -> Sequence[Row]:
        """Return all instances of the account in the region that count against its quotas."""
        found: Sequence[Row] = self._once("running", self._running)
        return found

    def vcpus(self, types: Sequence[str]) -> Mapping[str, float]:
        """Return the vCPUs of machine types."""
        found: dict[str, float] = {}
        names = sorted(set(types))
        for start in range(0, len(names), _TYPES_A_CALL):
            asked = names[start : start + _TYPES_A_CALL]
            answer = self.ec2("describe_instance_types", InstanceTypes=asked)["InstanceTypes"]
            found |= {row["InstanceType"]: float(row["VCpuInfo"]["DefaultVCpus"]) for row in answer}
        return found

    def vpc(self) -> str:
        """Return the VPC of the cloud's subnets; "" stands for the region's default one."""
        if self.account.vpc or not self.account.subnets:
            return self.account.vpc
        rows = self.subnets(list(self.account.subnets.values()))
        return str(rows[0]["VpcId"]) if rows else ""

    def _calls(self, name: str, service: str, *, region: str = "") -> Calls:
        return Calls(
            name,
            lambda: self._clients.client(service, region=region),
            patience=PATIENCE_SECONDS,
        )

    def _once(self, key: object, ask: Callable[[], Any]) -> Any:
        """Return the answer that the first who needs it gets; the others wait for it."""
        with self._lock:
            is_first = key not in self._answers
            answer = self._answers.setdefault(key, Future())
        if is_first:
            try:
                answer.set_result(ask())
            except BaseException as error:  # noqa: BLE001 - raised for each who waits
                answer.set_exception(error)
        return answer.result()

    def _subnets(self, names: Sequence[str]) -> Sequence[Row]:
        if names:
            answer: Sequence[Row] = self.ec2("describe_subnets", SubnetIds=list(names))["Subnets"]
            return answer
        default = [{"Name": "default-for-az", "Values": ["true"]}]
        return list(self.ec2.pages("describe_subnets", "Subnets", Filters=default))

    def _running(self) -> Sequence[Row]:
        states = [{"Name": "instance-state-name", "Values": list(IN_USE)}]
        found = self.ec2.pages(
            "describe_instances", "Reservations", Filters=states, MaxResults=PAGE
        )
        return [row for reservation in found for row in reservation["Instances"]]

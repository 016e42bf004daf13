"""AWS's protocols, read from botocore's own descriptions of the services.

A request becomes the parameters that the client was called with, and an answer is written only
with members that the description knows: whatever else the double says is a defect of the double.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import botocore.session
from botocore.model import ListShape, OperationModel, ServiceModel, Shape, StructureShape

type Plain = dict[str, Any]

OK = 200
_BY_SIGNATURE = {"servicequotas": "service-quotas"}
"""Services whose requests are signed by another name."""


class Defect(AssertionError):
    """The double itself says what AWS's description of the service does not know."""


class Refused(Exception):
    """What AWS answers in place of what was asked for."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request that was understood."""

    service: str
    action: str
    region: str
    access_key: str
    parameters: Plain

    @property
    def right(self) -> str:
        """The action as IAM policies name it."""
        return f"{self.service.replace('-', '')}:{self.action}"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What goes back over the wire."""

    status: int
    kind: str
    body: bytes


@cache
def model_of(service: str) -> ServiceModel:
    """Return botocore's description of a service."""
    return botocore.session.Session().get_service_model(service)


def read(headers: Mapping[str, str], body: bytes) -> Asked:
    """Return what a request asks for; raise Refused as AWS does when it makes no sense."""
    # Credential=<access key>/<date>/<region>/<service>/aws4_request
    scope = headers.get("Authorization", "").partition("Credential=")[2].split("/")
    if len(scope) < 4:
        raise Refused("MissingAuthenticationToken", "The request is not signed.", status=403)
    access_key, region = scope[0], scope[2]
    service = _BY_SIGNATURE.get(scope[3], scope[3])
    target = headers.get("X-Amz-Target", "")
    if target:
        action, parameters = target.rpartition(".")[2], json.loads(body or b"{}")
        return Asked(
            service=service, action=action, region=region, access_key=access_key,
            parameters=parameters,
        )  # fmt: skip
    form = dict(parse_qsl(body.decode(), keep_blank_values=True))
    action = form.pop("Action", "")
    form.pop("Version", None)
    operation = _operation(service, action)
    return Asked(
        service=service, action=action, region=region, access_key=access_key,
        parameters=_parameters(operation, form),
    )  # fmt: skip


def answered(asked: Asked, answer: Plain) -> Answer:
    """Return the answer to a request, checked against the description of the service."""
    operation = _operation(asked.service, asked.action)
    check(operation.output_shape, answer, asked.action)
    protocol = model_of(asked.service).metadata["protocol"]
    if protocol == "json":
        return Answer(status=OK, kind="application/x-amz-json-1.1", body=_json(answer))
    inner = _members(operation.output_shape, answer) if operation.output_shape else ""
    if protocol == "query":
        inner = f"<{asked.action}Result>{inner}</{asked.action}Result>"
        inner += "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"
    else:
        inner = f"<requestId>r</requestId>{inner}"
    space = model_of(asked.service).metadata["xmlNamespace"]
    text = f'<{asked.action}Response xmlns="{space}">{inner}</{asked.action}Response>'
    return Answer(status=OK, kind="text/xml", body=text.encode())


def refused(service: str, refusal: Refused) -> Answer:
    """Return a refusal as the service words it."""
    code, words = refusal.code, escape(refusal.message)
    match model_of(service).metadata["protocol"] if service else "ec2":
        case "json":
            body = _json({"__type": code, "message": refusal.message})
            return Answer(status=refusal.status, kind="application/x-amz-json-1.1", body=body)
        case "query":
            text = (
                f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>"
                f"<Message>{words}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
            )
        case _:
            text = (
                f"<Response><Errors><Error><Code>{code}</Code><Message>{words}</Message></Error>"
                "</Errors><RequestID>r</RequestID></Response>"
            )
    return Answer(status=refusal.status, kind="text/xml", body=text.encode())


def check(shape: Shape | None, value: Any, path: str) -> None:
    """Raise Defect where a value has a member that its shape does not know."""
    if isinstance(shape, StructureShape):
        _must(isinstance(value, Mapping), f"{path} must be a structure, not {value!r}.")
        for name, inner in value.items():
            _must(name in shape.members, f"{path} has no member {name}.")
            check(shape.members[name], inner, f"{path}.{name}")
    elif isinstance(shape, ListShape):
        _must(isinstance(value, list | tuple), f"{path} must be a list, not {value!r}.")
        for index, inner in enumerate(value):
            check(shape.member, inner, f"{path}[{index}]")
    elif shape is None:
        _must(not value, f"{path} answers nothing.")
    elif known := getattr(shape, "enum", None):
        words = f"{path} must be one of {', '.join(known)}, not {value!r}."
        _must(value in known, words)


def _must(holds: bool, words: str) -> None:
    if not holds:
        raise Defect(words)


def _operation(service: str, action: str) -> OperationModel:
    model = model_of(service)
    if action not in model.operation_names:
        raise Refused("InvalidAction", f"The action {action} is not valid for this web service.")
    return model.operation_model(action)


def _parameters(operation: OperationModel, form: Mapping[str, str]) -> Plain:
    """Return the parameters of a form, whose keys are paths: Filter.1.Value.2."""
    tree: Plain = {}
    for key, value in form.items():
        *above, last = key.split(".")
        branch = tree
        for step in above:
            branch = branch.setdefault(step, {})
        branch[last] = value
    if operation.input_shape is None:
        return {}
    is_ec2 = operation.service_model.metadata["protocol"] == "ec2"
    parameters: Plain = _value(operation.input_shape, tree, is_ec2=is_ec2)
    missing = [name for name in operation.input_shape.required_members if name not in parameters]
    if missing:
        words = f"The request must contain the parameter {missing[0]}"
        raise Refused("MissingParameter", words)
    return parameters


def _value(shape: Shape, found: Any, *, is_ec2: bool) -> Any:
    if isinstance(shape, StructureShape):
        names = {
            _asked_name(name, inner, is_ec2=is_ec2): name for name, inner in shape.members.items()
        }
        for key in found:
            if key not in names:
                raise Refused("UnknownParameter", f"The parameter {key} is not recognized")
        return {
            names[key]: _value(shape.members[names[key]], inner, is_ec2=is_ec2)
            for key, inner in found.items()
        }
    if isinstance(shape, ListShape):
        items = found if is_ec2 else found.get("member", {})
        return [
            _value(shape.member, items[index], is_ec2=is_ec2) for index in sorted(items, key=int)
        ]
    match shape.type_name:
        case "integer" | "long":
            return int(found)
        case "boolean":
            return found == "true"
        case "float" | "double":
            return float(found)
        case _:
            return found


def _asked_name(name: str, shape: Shape, *, is_ec2: bool) -> str:
    own: Mapping[str, str] = shape.serialization
    if not is_ec2:
        return own.get("name", name)
    if "queryName" in own:
        return own["queryName"]
    told = own.get("name", name)
    return told[0].upper() + told[1:]


def _members(shape: Shape, answer: Mapping[str, Any]) -> str:
    if not isinstance(shape, StructureShape):
        raise Defect(f"{shape.name} is no structure.")
    return "".join(
        _element(shape.members[name], shape.members[name].serialization.get("name", name), value)
        for name, value in answer.items()
        if value is not None
    )


def _element(shape: Shape, name: str, value: Any) -> str:
    if isinstance(shape, StructureShape):
        return f"<{name}>{_members(shape, value)}</{name}>"
    if isinstance(shape, ListShape):
        item = shape.member.serialization.get("name", "member")
        return f"<{name}>{''.join(_elements(shape.member, item, value))}</{name}>"
    return f"<{name}>{escape(_text(value))}</{name}>"


def _elements(shape: Shape, name: str, values: Iterable[Any]) -> Iterable[str]:
    return (_element(shape, name, value) for value in values)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}"
    return str(value)


def _json(answer: Plain) -> bytes:
    def seconds(value: object) -> float:
        if not isinstance(value, datetime):
            raise TypeError(f"{value!r} cannot be written as JSON.")
        return value.timestamp()

    return json.dumps(answer, default=seconds).encode()

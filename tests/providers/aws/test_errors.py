"""Every error code of EC2 has a class and a sentence; what nobody knows wants patience."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from domain.cooldowns import FailureClass
from mobula.demo_cloud.aws.world import World
from providers.aws import codes
from providers.aws.codes import CLASSES, SENTENCES, WAIT_FOR_OTHERS
from providers.aws.driver import AwsDriver
from providers.aws.errors import code_of, named
from providers.base import (
    BadCredentials,
    CapacityUnavailable,
    InvalidRequest,
    ProviderError,
    QuotaExceeded,
    Throttled,
    Unreachable,
)
from tests.providers.aws.conftest import CLUSTER, head

MET: dict[str, type[ProviderError]] = {
    "AuthFailure": BadCredentials,
    "Blocked": BadCredentials,
    "OptInRequired": BadCredentials,
    "PendingVerification": BadCredentials,
    "RequestExpired": BadCredentials,
    "UnauthorizedOperation": BadCredentials,
    "InsufficientFreeAddressesInSubnet": CapacityUnavailable,
    "InsufficientInstanceCapacity": CapacityUnavailable,
    "ReservationCapacityExceeded": CapacityUnavailable,
    "SpotMaxPriceTooLow": CapacityUnavailable,
    "Unsupported": CapacityUnavailable,
    "InstanceLimitExceeded": QuotaExceeded,
    "MaxSpotInstanceCountExceeded": QuotaExceeded,
    "VcpuLimitExceeded": QuotaExceeded,
    "VolumeLimitExceeded": QuotaExceeded,
    "DependencyViolation": Throttled,
    "InvalidPlacementGroup.InUse": Throttled,
    "RequestLimitExceeded": Throttled,
    "InternalError": Unreachable,
    "ServiceUnavailable": Unreachable,
    "IdempotentParameterMismatch": InvalidRequest,
    "InvalidAMIID.NotFound": InvalidRequest,
    "InvalidBlockDeviceMapping": InvalidRequest,
    "InvalidGroup.NotFound": InvalidRequest,
    "InvalidKeyPair.NotFound": InvalidRequest,
    "InvalidParameterValue": InvalidRequest,
    "InvalidSubnetID.NotFound": InvalidRequest,
    "OperationNotPermitted": InvalidRequest,
}


def raised(code: str, message: str = "", status: int = 400) -> ProviderError:
    response = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    with pytest.raises(ProviderError) as error, named("EC2"):
        raise ClientError(response, "RunInstances")  # type: ignore[arg-type]
    return error.value


@pytest.mark.parametrize("code", MET)
def test_a_code_has_the_class_that_its_failure_is_answered_by(code: str) -> None:
    assert type(raised(code)) is MET[code]


@pytest.mark.parametrize("code", CLASSES)
def test_every_code_of_the_table_is_told_in_a_sentence(code: str) -> None:
    error = raised(code, "The words of AWS", status=500)
    assert type(error) is CLASSES[code]
    assert code_of(error) == code
    assert code in str(error)
    assert str(error)[0].isupper()
    assert str(error).endswith(".")


def test_the_table_has_every_code_once() -> None:
    assert SENTENCES.keys() <= CLASSES.keys()
    assert CLASSES.keys() >= WAIT_FOR_OTHERS
    lists = (
        codes._REFUSED, codes._NO_CAPACITY, codes._NO_QUOTA, codes._BUSY, codes._IN_USE,
        codes._AWAY, codes._WRONG,
    )  # fmt: skip
    assert len(CLASSES) == sum(len(one.split()) for one in lists)


@pytest.mark.parametrize("status", [400, 500])
def test_a_code_that_nobody_knows_may_be_tried_again(status: int) -> None:
    error = raised("BrandNewException", status=status)
    assert isinstance(error, Unreachable)
    assert (error.retryable, error.failure_class) == (True, FailureClass.TRANSIENT)
    assert "BrandNewException" in str(error)


def test_a_code_that_nobody_knows_is_tried_so_often_and_no_more(
    driver: AwsDriver, world: World
) -> None:
    world.fail("RunInstances", "BrandNewException", status=400, times=99)
    with pytest.raises(Unreachable):
        driver.launch(CLUSTER, [head()])
    assert world.count()["RunInstances"] == 4


@pytest.mark.parametrize(
    "secret",
    ["AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE", "123456789012", "arn:aws:iam::1:role/x"],
)
def test_words_of_aws_are_quoted_without_secrets(secret: str) -> None:
    words = str(raised("InvalidParameterValue", f"Value for {secret} is bad."))
    assert secret not in words
    assert "is bad" in words


def test_an_encoded_message_is_left_out() -> None:
    words = str(raised("InvalidParameterValue", "No. Encoded authorization failure message: 4gM"))
    assert "4gM" not in words

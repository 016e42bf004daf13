"""What each error code of AWS means: the class of the failure, and what to do about it.

The codes are those that Amazon's page "Error codes for the Amazon EC2 API" lists for the calls of
the driver, and the few of STS, SSM, SQS and the price list. A code that is not here wants patience.
"""

from __future__ import annotations

from collections.abc import Mapping

from providers.base import (
    BadCredentials,
    CapacityUnavailable,
    InvalidRequest,
    ProviderError,
    QuotaExceeded,
    Throttled,
    Unreachable,
)

_REFUSED = """
    KMS.AccessDeniedException KMS.OptInRequired KmsAccessDenied KmsOptInRequired
    AccessDenied AccessDeniedException AuthFailure Blocked ExpiredToken ExpiredTokenException
    IncompleteSignature InvalidClientTokenId InvalidSecurity.RequestHasExpired
    InvalidSignatureException MissingAuthenticationToken OptInRequired PendingVerification
    RequestExpired SignatureDoesNotMatch UnauthorizedOperation UnrecognizedClientException
"""
_NO_CAPACITY = """
    IncompatibleHostRequirements InsufficientAddressCapacity InsufficientCapacity
    InsufficientCapacityOnHost InsufficientFreeAddressesInSubnet InsufficientHostCapacity
    InsufficientInstanceCapacity InsufficientReservedInstanceCapacity
    InsufficientReservedInstancesCapacity InsufficientVolumeCapacity ReservationCapacityExceeded
    ReservedInstancesUnavailable SpotMaxPriceTooLow UnavailableHostRequirements
    UnfulfillableCapacity Unsupported VolumeTypeNotAvailableInZone
"""
_NO_QUOTA = """
    AccountLimitExceededException
    AddressLimitExceeded HostLimitExceeded InstanceLimitExceeded LimitExceededException
    MaxIOPSLimitExceeded
    MaxSpotInstanceCountExceeded NetworkInterfaceLimitExceeded PlacementGroupLimitExceeded
    RequestResourceCountExceeded ReservedInstancesLimitExceeded ResourceCountExceeded
    ResourceLimitExceeded SecurityGroupLimitExceeded VcpuLimitExceeded VolumeIOPSLimit
    VolumeLimitExceeded
"""
# Those that are over in a moment, and those that are over when something has ended.
_BUSY = """
    KMS.ThrottlingException KmsThrottled OverLimit
    BandwidthLimitExceeded ConcurrentTagAccess CreditSpecificationUpdateInProgress
    EC2ThrottledException PriorRequestNotComplete RequestLimitExceeded RequestThrottled
    RequestThrottledException SlowDown Throttling ThrottlingException TooManyRequestsException
"""
_IN_USE = """
    DependencyViolation IncorrectInstanceState IncorrectState InvalidGroup.InUse
    InvalidInstanceID.NotFound InvalidNetworkInterface.InUse InvalidPlacementGroup.InUse
    InvalidState
"""
_AWAY = """
    InternalError InternalFailure InternalServerError InternalServerException RequestTimeout
    ServiceUnavailable ServiceUnavailableException Unavailable
"""
_WRONG = """
    AWS.SimpleQueueService.NonExistentQueue InvalidAddress QueueDoesNotExist
    AWS.SimpleQueueService.UnsupportedOperation InvalidAttributeName ReceiptHandleIsInvalid
    KMS.DisabledException KMS.InvalidKeyUsageException KMS.InvalidStateException
    KMS.NotFoundException KmsDisabled KmsInvalidKeyUsage KmsInvalidState KmsNotFound
    AttachmentLimitExceeded BootForVolumeTypeUnsupported CannotDelete CustomerKeyHasBeenRevoked
    DefaultVpcDoesNotExist DryRunOperation EncryptedVolumesNotSupported FilterLimitExceeded
    HostAlreadyCoveredByReservation IdempotentInstanceTerminated IdempotentParameterMismatch
    IllegalArgumentException ImageNotFoundException InvalidAuthorizationMessageException
    InvalidInputException InvalidParameterException NoSuchBucket NoSuchEntity
    NoSuchResourceException RepositoryAlreadyExistsException RepositoryNotFoundException
    ResourceNotFoundException
    InstanceCreditSpecification.NotSupported InvalidAMIID.Malformed InvalidAMIID.NotFound
    InvalidAMIID.Unavailable InvalidAction InvalidAffinity InvalidAvailabilityZone
    InvalidBlockDeviceMapping InvalidCapacityReservationIdMalformedException
    InvalidCapacityReservationIdNotFoundException InvalidCharacter InvalidClientToken
    InvalidCpuCredits.Malformed InvalidDevice.InUse InvalidFilter InvalidFormat
    InvalidGroup.Duplicate InvalidGroup.NotFound InvalidGroup.Reserved InvalidGroupId.Malformed
    InvalidHostConfiguration InvalidHostID.Malformed InvalidHostID.NotFound InvalidHostId
    InvalidHostId.Malformed InvalidHostId.NotFound InvalidHostState
    InvalidIPAddress.InUse InvalidIamInstanceProfileArn.Malformed InvalidID InvalidInput
    InvalidInstanceAttributeValue InvalidInstanceFamily InvalidInstanceID
    InvalidInstanceID.Malformed InvalidInstanceState InvalidInstanceType
    InvalidInterface.IpAddressLimitExceeded InvalidKernelId.Malformed InvalidKeyPair.Format
    InvalidKeyPair.NotFound InvalidLaunchTemplateId.Malformed InvalidLaunchTemplateId.NotFound
    InvalidLaunchTemplateId.VersionNotFound InvalidLaunchTemplateName.MalformedException
    InvalidLaunchTemplateName.NotFoundException InvalidManifest InvalidMaxResults
    InvalidNetworkInterfaceID.NotFound InvalidNetworkInterfaceId.Malformed InvalidNextToken
    InvalidPaginationToken InvalidParameter InvalidParameterCombination
    InvalidParameterDependency InvalidParameterValue InvalidPermission.Duplicate
    InvalidPermission.Malformed InvalidPermission.NotFound InvalidPlacementGroup.Duplicate
    InvalidPlacementGroup.Unknown InvalidPrefixListId.Malformed InvalidPrefixListId.NotFound
    InvalidProductInfo InvalidQueryParameter InvalidRamDiskId.Malformed InvalidRegion
    InvalidRequest InvalidReservationID.Malformed InvalidReservationID.NotFound
    InvalidSecurityGroupID.NotFound InvalidSecurityGroupId.Malformed InvalidSnapshot.NotFound
    InvalidSnapshotID.Malformed InvalidSubnet InvalidSubnetID.Malformed InvalidSubnetID.NotFound
    InvalidTagKey.Malformed InvalidTenancy InvalidUserID.Malformed InvalidVolume.NotFound
    InvalidVolume.ZoneMismatch InvalidVolumeID.Duplicate InvalidVolumeID.Malformed
    InvalidVolumeID.ZoneMismatch InvalidVpcID.Malformed InvalidVpcID.NotFound InvalidZone.NotFound
    LegacySecurityGroup LimitPriceExceeded MalformedQueryString MissingAction MissingInput
    MissingParameter NoSuchVersion NonEBSInstance OperationNotPermitted ParameterNotFound
    PrivateIpAddressLimitExceeded Resource.AlreadyAssigned Resource.AlreadyAssociated
    RulesPerSecurityGroupLimitExceeded SecurityGroupsPerInstanceLimitExceeded
    SecurityGroupsPerInterfaceLimitExceeded TagLimitExceeded UnknownParameter
    UnknownPrincipalType.Unsupported UnknownVolumeType UnsupportedException
    UnsupportedHibernationConfiguration UnsupportedHostConfiguration
    UnsupportedInstanceAttribute UnsupportedInstanceTypeOnHost UnsupportedOperation
    UnsupportedProtocol UnsupportedTenancy VPCIdNotSpecified VPCResourceNotSpecified
    ValidationError ValidationException VolumeInUse ZonesMismatched
"""

CLASSES: Mapping[str, type[ProviderError]] = {
    code: error
    for codes, error in (
        (_REFUSED, BadCredentials),
        (_NO_CAPACITY, CapacityUnavailable),
        (_NO_QUOTA, QuotaExceeded),
        (_BUSY, Throttled),
        (_IN_USE, Throttled),
        (_AWAY, Unreachable),
        (_WRONG, InvalidRequest),
    )
    for code in codes.split()
}
# To ask again at once is of no use: something else must end first.
WAIT_FOR_OTHERS = frozenset(_IN_USE.split())

# AWS lets the credentials in, but does not allow the call.
NOT_ALLOWED = frozenset({"UnauthorizedOperation", "AccessDenied", "AccessDeniedException"})
# SQS has two names for most of its errors: the second one is that of its older protocol.
NO_QUEUE = frozenset({"QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"})
_MISSING_QUEUE = (
    "The queue of the cloud's setting interruption_queue does not exist. Create it, or change the "
    "setting."
)
_NO_KEY = (
    "AWS does not allow the cloud's credentials to use the KMS key that encrypts the queue. Allow "
    "kms:Decrypt on it."
)

# What to say of those that people meet, and the way out.
SENTENCES: Mapping[str, str] = {
    "AWS.SimpleQueueService.NonExistentQueue": _MISSING_QUEUE,
    "AuthFailure": "AWS does not accept the cloud's credentials. Replace them.",
    "Blocked": "AWS has blocked this account. Contact AWS Support.",
    "InsufficientFreeAddressesInSubnet":
        "The subnet has too few free IP addresses. Use a larger subnet, or another zone.",
    "InsufficientInstanceCapacity": "AWS has no capacity for this instance type in the zone now.",
    "InstanceLimitExceeded":
        "The account's quota for on-demand instances is used up. Request an increase in "
        "Service Quotas.",
    "InvalidAMIID.NotFound": "The AMI does not exist in the cloud's region.",
    "InvalidAMIID.Unavailable": "The AMI has been deregistered. Choose another one.",
    "InvalidGroup.NotFound": "A security group does not exist in the cloud's VPC.",
    "InvalidKeyPair.NotFound": "The key pair does not exist in the cloud's region.",
    "InvalidSnapshot.NotFound": "A snapshot of the block device mappings does not exist.",
    "InvalidSubnetID.NotFound": "The subnet does not exist in the cloud's region.",
    "KMS.AccessDeniedException": _NO_KEY,
    "KmsAccessDenied": _NO_KEY,
    "MaxSpotInstanceCountExceeded":
        "The account's quota for spot instances is used up. Request an increase in Service Quotas.",
    "OptInRequired": "The account is not subscribed to this service or image. Subscribe in AWS.",
    "PendingVerification": "AWS is still verifying this account. This can take some hours.",
    "QueueDoesNotExist": _MISSING_QUEUE,
    "RequestExpired":
        "AWS says that the request has expired: the credentials are too old, or the clock of "
        "Mobula's host is wrong.",
    "ReservationCapacityExceeded": "The capacity reservation has no capacity left.",
    "SpotMaxPriceTooLow": "The maximum spot price is below the current price.",
    "UnauthorizedOperation":
        "AWS does not allow this to the cloud's credentials. Add the missing permission to their "
        "IAM policy.",
    "Unsupported": "AWS does not offer this instance type with these settings in the zone.",
    "VcpuLimitExceeded":
        "The account's vCPU quota for this family is used up. Request an increase in Service "
        "Quotas.",
    "VolumeLimitExceeded":
        "The account's quota for EBS storage is used up. Request an increase in Service Quotas.",
}  # fmt: skip

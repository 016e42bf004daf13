"""What the driver's credentials must be allowed to do, and what each right is for."""

from collections.abc import Mapping

# A test records the driver's calls and fails when one of them is missing here.
RIGHTS: Mapping[str, str] = {
    "ec2:AuthorizeSecurityGroupEgress": "the cluster's security group",
    "ec2:AuthorizeSecurityGroupIngress": "the cluster's security group",
    "ec2:CreatePlacementGroup": "placement groups for EFA",
    "ec2:CreateSecurityGroup": "the cluster's security group",
    "ec2:CreateTags": "tags on all that is created, at its creation",
    "ec2:DeleteNetworkInterface": "removing orphaned resources",
    "ec2:DeletePlacementGroup": "removing them with the cluster",
    "ec2:DeleteSecurityGroup": "removing it with the cluster",
    "ec2:DeleteVolume": "removing orphaned resources",
    "ec2:DescribeImages": "AMIs",
    "ec2:DescribeInstanceTypeOfferings": "the catalog: types by zone",
    "ec2:DescribeInstanceTypes": "the catalog, and architecture and EFA of a type",
    "ec2:DescribeInstances": "the list of machines",
    "ec2:DescribeKeyPairs": "for checks only: the SSH key pair",
    "ec2:DescribeNetworkInterfaces": "finding orphaned resources",
    "ec2:DescribePlacementGroups": "removing them with the cluster",
    "ec2:DescribeSecurityGroups": "the cluster's security group",
    "ec2:DescribeSpotPriceHistory": "the catalog: spot prices",
    "ec2:DescribeSubnets": "the VPC of the subnets",
    "ec2:DescribeVolumes": "finding orphaned resources",
    "ec2:GetSpotPlacementScores": "for checks only: how likely spot machines are",
    "ec2:RunInstances": "launching nodes",
    "ec2:TerminateInstances": "terminating nodes",
    "ecr:DescribeImages": "for checks only: container images in ECR",
    "iam:CreateServiceLinkedRole": "the first spot instance of an account: on the role of EC2 Spot",
    "iam:GetInstanceProfile": "for checks only: instance profiles",
    "iam:PassRole": "instance profiles, if any are set: on their roles only",
    "iam:SimulatePrincipalPolicy": "for checks only: what the credentials may do",
    "pricing:GetProducts": "the catalog: list prices",
    "servicequotas:GetAWSDefaultServiceQuota": "for checks only: quotas that were never changed",
    "servicequotas:GetServiceQuota": "for checks only: vCPU quotas",
    "sqs:DeleteMessage": "EC2's events, if a queue is set: on that queue only",
    "sqs:GetQueueAttributes": "for checks only: the queue of EC2's events",
    "sqs:ReceiveMessage": "EC2's events, if a queue is set: on that queue only",
    "ssm:GetParameter": "AMIs that are named by a parameter",
    "sts:AssumeRole": "the cloud's role, if one is set: on that role only",
    "sts:DecodeAuthorizationMessage": "for checks only: why a dry run is not allowed",
    "sts:GetCallerIdentity": "checking credentials; AWS allows it to everybody",
}
# Rights that no call has the name of.
IMPLIED = frozenset({"ec2:CreateTags", "iam:CreateServiceLinkedRole", "iam:PassRole"})
# Accounts without a queue need none of these.
FOR_QUEUE = frozenset({"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"})
# Without these, clusters are launched all the same; checks before a launch say less.
FOR_CHECKS = frozenset(
    {
        "ec2:DescribeKeyPairs",
        "ec2:GetSpotPlacementScores",
        "ecr:DescribeImages",
        "iam:GetInstanceProfile",
        "iam:SimulatePrincipalPolicy",
        "servicequotas:GetAWSDefaultServiceQuota",
        "servicequotas:GetServiceQuota",
        "sqs:GetQueueAttributes",
        "sts:DecodeAuthorizationMessage",
    }
)
# Of the credentials of an ECR registry whose images AWS CodeBuild builds; clouds need none of them.
FOR_BUILDS: Mapping[str, str] = {
    "codebuild:BatchGetBuilds": "how far a build is",
    "codebuild:BatchGetProjects": "for checks only: the project",
    "codebuild:ListBuildsForProject": "stopping what a worker left",
    "codebuild:StartBuild": "building an image",
    "codebuild:StopBuild": "canceling a build",
    "logs:GetLogEvents": "the log of a build",
    "s3:DeleteObject": "build contexts, if a bucket is set: in that bucket only",
    "s3:PutObject": "build contexts, if a bucket is set: in that bucket only",
}

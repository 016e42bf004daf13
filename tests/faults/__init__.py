"""Each AWS call of launch, scale and terminate, with each thing that can happen to it.

In one process: a real PostgreSQL, the passes of the reconcile loop, the AWS driver with boto3, and
the double of AWS. Time is a number that the harness moves.
"""

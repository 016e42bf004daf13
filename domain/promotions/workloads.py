"""What a test run may run: a program that comes with Mobula, or a command of the environment."""

from collections.abc import Mapping

# By the key of the program that a cluster runs.
TEST_WORKLOADS: Mapping[str, str] = {
    "cpu_tasks": "CPU tasks",
    "actors": "Actors",
    "placement_group": "Placement group",
    "object_store": "Object store",
}
COMMAND = "command"
WORKLOAD_CHOICES: Mapping[str, str] = {**TEST_WORKLOADS, COMMAND: "Command"}

LONGEST_COMMAND = 2_000


def wrong_workload(workload: str) -> str:
    """Return what is wrong with the key of a workload, or ""."""
    if not workload or workload in WORKLOAD_CHOICES:
        return ""
    return f"'{workload}' is not a test workload: use {', '.join(WORKLOAD_CHOICES)}."


def wrong_command(command: str, *, workload: str = "") -> str:
    """Return what is wrong with the command that goes with a workload, if any, or ""."""
    if workload == COMMAND and not command.strip():
        return "Enter the command to run, such as python -m pytest tests."
    if len(command) > LONGEST_COMMAND:
        return f"The command has {len(command)} characters; at most {LONGEST_COMMAND} are allowed."
    if "\0" in command:
        return "The command contains a NUL character. Remove it."
    return ""

"""Stand-ins for the programs of a node's machine: called by the name of the link to this file.

Each call is a line of `calls` in the sandbox. `failures.json` there says which calls fail, how
often and with which words. Nothing outside the sandbox is changed.
"""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

BOX = Path(os.environ["SANDBOX"])
NAME, WORDS = Path(sys.argv[0]).name, sys.argv[1:]
CONTAINERS = BOX / "containers"
TAKES_NEXT = {"--name", "--network", "--shm-size", "--ulimit", "--log-opt", "--volume", "--env"}
TAKES_NEXT |= {"--entrypoint", "--restart", "--user", "--gpus"}


def main() -> int:
    with (BOX / "calls").open("a") as calls:
        calls.write(" ".join([NAME, *WORDS]) + "\n")
    if (text := failure(" ".join([NAME, *WORDS]))) is not None:
        sys.stderr.write(f"{text}\n")
        return 1
    return int(globals().get(NAME.replace("-", "_").replace(".", "_"), lambda: 0)() or 0)


def failure(call: str) -> str | None:
    """Return the words with which this call fails, or None."""
    file = BOX / "failures.json"
    entries = json.loads(file.read_text()) if file.exists() else []
    for entry in entries:
        if re.search(entry["call"], call) and entry["times"] > 0:
            entry["times"] -= 1
            file.write_text(json.dumps(entries))
            return str(entry["text"])
    return None


def say(text: object) -> None:
    sys.stdout.write(f"{text}\n")


def apt_get() -> None:
    if "install" in WORDS:
        installed()


def dnf() -> None:
    installed()


def installed() -> None:
    """The programs of a package are there from now on."""
    programs = {
        "docker.io": "docker",
        "docker": "docker",
        "mdadm": "mdadm",
        "amazon-ecr-credential-helper": "docker-credential-ecr-login",
        "nvidia-container-toolkit": "nvidia-ctk",
    }
    program = BOX / "bin" / programs[WORDS[-1]]
    program.symlink_to(BOX / "stand_ins")


def systemctl() -> None:
    if "mobula-watch.service" in WORDS:
        start("watch", [str(BOX / "root/opt/mobula/watch")], dict(os.environ))


def shutdown() -> None:
    (BOX / "ended").write_text(WORDS[-1])


def docker() -> int:
    return {"run": run, "inspect": inspect, "top": top, "logs": logs}.get(WORDS[0], lambda: 0)()


def run() -> int:
    options: dict[str, list[str]] = {}
    rest = list(WORDS[1:])
    while rest[0].startswith("--"):
        option = rest.pop(0)
        if option in TAKES_NEXT:
            options.setdefault(option, []).append(rest.pop(0))
    program, name = options["--entrypoint"][0], options["--name"][0]
    (CONTAINERS / f"{name}.json").write_text(json.dumps({"options": options, "words": rest}))
    mounts = dict(volume.split(":")[1::-1] for volume in options["--volume"])
    words = [translated(word, mounts) for word in rest[1:]]
    variables = [translated(word, mounts) for word in options.get("--env", [])]
    environment = dict(word.split("=", 1) for word in variables)
    start(name, *container(program, words, environment))
    return 0


def translated(word: str, mounts: dict[str, str]) -> str:
    """Return a word in which paths of the container are those of the machine."""
    for inside, outside in mounts.items():
        word = word.replace(inside, outside)
    return word


def container(
    program: str, words: list[str], environment: dict[str, str]
) -> tuple[list[str], dict[str, str]]:
    """Return what runs instead of a container: real Ray, or a process with raylet's name."""
    real = os.environ.get("SANDBOX_RAY", "")
    if not real:
        if program == "ray" and (words_of_ray := os.environ.get("SANDBOX_RAY_SAYS")):
            return ["bash", "-c", 'echo "$0"; exit 1', words_of_ray], dict(os.environ)
        said = "/ray/raylet/raylet" if program == "ray" else "agent"
        return ["bash", "-c", f"exec -a {said} sleep.real 600"], dict(os.environ)
    folder = Path(real).parent
    clean = {"PATH": f"{folder}:/usr/bin:/bin", "HOME": str(BOX), **environment}
    clean["MOBULA_NODE_DIR"] = str(BOX)
    if program == "python":
        return [str(folder / "python"), *words], clean
    # Nodes of one host; a machine of its own needs none of these.
    shared = ["--dashboard-agent-listen-port=0", "--min-worker-port=0", "--max-worker-port=0"]
    shared.append(f"--temp-dir={BOX / 'r'}")
    light = {"RAY_prestart_worker_first_driver": "0", "RAY_enable_worker_prestart": "0"}
    light["RAY_memory_monitor_refresh_ms"] = "0"
    for port in ("DASHBOARD_METRIC_PORT", "AUTOSCALER_METRIC_PORT"):
        light[port] = os.environ[f"SANDBOX_{port}"]
    return [real, *words, *shared], {**clean, **light}


def start(name: str, command: list[str], environment: dict[str, str]) -> None:
    """Leave a process behind, in a group of its own."""
    with (CONTAINERS / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    (CONTAINERS / f"{name}.pid").write_text(str(process.pid))


def is_running(name: str) -> bool:
    pid = int((CONTAINERS / f"{name}.pid").read_text())
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def inspect() -> int:
    name = WORDS[-1]
    if not (CONTAINERS / f"{name}.pid").exists():
        return 1
    say("true" if is_running(name) else "false")
    return 0


def top() -> int:
    name = WORDS[1]
    if not (CONTAINERS / f"{name}.pid").exists() or not is_running(name):
        return 1
    pid = int((CONTAINERS / f"{name}.pid").read_text())
    lines = subprocess.run(
        ["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    family = {pid}
    for line in lines[1:]:
        child, parent, args = line.split(None, 2)
        if int(child) == pid or int(parent) in family:
            family.add(int(child))
            say(f"{child} {args}")
    more = BOX / "processes"  # what else is said to run in it
    say(more.read_text() if more.exists() else "")
    return 0


def logs() -> int:
    sys.stdout.write((CONTAINERS / f"{WORDS[-1]}.log").read_text(errors="replace"))
    return 0


def ss() -> None:
    peers = BOX / "peers"
    for peer in peers.read_text().split() if peers.exists() else []:
        say(f"0 0 10.0.0.9:6379 {peer}")


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())

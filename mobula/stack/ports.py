"""The port that the web process listens on."""

import errno
import os
import socket

import psutil

from mobula.stack.errors import StackError

DEFAULT_PORT = 8000


def port_from_environment() -> int:
    """Return MOBULA_PORT, by default 8000."""
    value = os.environ.get("MOBULA_PORT") or str(DEFAULT_PORT)
    if not (value.isdecimal() and 0 < int(value) < 2**16):
        raise StackError(f"MOBULA_PORT is '{value}': set it to a number from 1 to 65535.")
    return int(value)


def port_for_workspaces(port: int) -> int:
    """Return MOBULA_WORKSPACES_PORT, or else the first free port after `port`."""
    value = os.environ.get("MOBULA_WORKSPACES_PORT", "")
    if not value:
        after = range(port + 1, min(port + 50, 2**16))
        return next((each for each in after if _is_free(each)), 0) or _free_port()
    if not (value.isdecimal() and 0 < int(value) < 2**16) or int(value) == port:
        raise StackError(
            f"MOBULA_WORKSPACES_PORT is '{value}': set it to a number from 1 to 65535 that is not "
            f"MOBULA_PORT ({port})."
        )
    refuse_port_in_use(int(value))
    return int(value)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def refuse_port_in_use(port: int) -> None:
    """Raise a StackError that says who listens on `port` of 127.0.0.1 already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise StackError(
                f"Port {port} is reserved for root: choose one above 1023 with MOBULA_PORT."
            ) from None
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise StackError(
                f"Port {port} is in use{_listener(port)}: stop that program, "
                f"or choose another port, for example MOBULA_PORT={_free_port()}."
            ) from None


def _listener(port: int) -> str:
    """Return ' by NAME (process ID)' for who listens on `port`, or nothing if we may not know."""
    try:
        for connection in psutil.net_connections("tcp"):
            pid, local = connection.pid, connection.laddr
            if connection.status == psutil.CONN_LISTEN and pid and local and local.port == port:
                return f" by {psutil.Process(pid).name()} (process {pid})"
    except psutil.Error:
        pass
    return ""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

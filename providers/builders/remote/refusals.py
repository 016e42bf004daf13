"""What no service elsewhere can build, said before anything is started."""

from __future__ import annotations

from providers.builders.base import BuildSpec


def refusal(
    spec: BuildSpec,
    *,
    title: str,
    own_host: str,
    reaches_this_host: bool,
    other_logins: str,
    contexts: str,
) -> str:
    """Return why a service cannot build this, with the way out; "" where it can.

    `other_logins` and `contexts` are the ways out where it has no place for them, "" where it has.
    """
    if spec.secrets:
        names = ", ".join(sorted(spec.secrets))
        return (
            f"{title} would get the secrets of this build ({names}) as plain text. Remove them "
            "from the image, or build with a registry whose builds run on Mobula's host."
        )
    if spec.plain_hosts and not reaches_this_host:
        return (
            f"{title} does not reach {min(spec.plain_hosts)}, which is Mobula's own host. Use a "
            "base in a registry that it reaches, or build on Mobula's host."
        )
    if spec.certificates:
        return (
            f"{title} does not know the CA certificate of {min(spec.certificates)}. Use a base in "
            "a registry with a public certificate, or build on Mobula's host."
        )
    foreign = sorted(host for host in spec.logins if host != own_host)
    if foreign and other_logins:
        return (
            f"The base is in {foreign[0]}, which needs a login, and {title} gets no passwords from "
            f"Mobula. {other_logins}, or build on Mobula's host."
        )
    if spec.context and contexts:
        return f"{title} has no place for the build context. {contexts}, or build on Mobula's host."
    return ""

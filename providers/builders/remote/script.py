"""The commands that run elsewhere: they build, look into the image, push it, and say so."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterator
from shlex import quote

from providers.builders.base import BuildSpec

# No cluster starts from an image with an older Ray; such an image is not pushed.
_LEAST_RAY = (2, 8)
_PIECE = 60_000  # characters; the longest argument of a command is 128 KiB
_MOST_LINES = 6_000
LOOK = f"""\
set -eu
folder=$1 location=$2 mark=$3
mkdir -p "$folder/files"
look=$(docker create "$location" /look)
{{ docker export "$look" || touch "$folder/failed"; }} | tar -x -f - -C "$folder/files" \
  --no-same-owner --wildcards '*.dist-info/METADATA' 'var/lib/dpkg/status' 2>/dev/null || true
docker rm "$look" >/dev/null
if [ -e "$folder/failed" ]; then echo "ERROR: the image cannot be inspected"; exit 1; fi
find "$folder/files" -type f -path '*.dist-info/METADATA' -exec awk -v mark="$mark" '
  {{ sub(/\\r$/, "") }}
  FNR == 1 {{ head = 1; name = version = "" }}
  head && /^$/ {{ head = 0 }}
  head && /^Name: / {{ name = $2 }}
  head && /^Version: / {{ version = $2 }}
  head && name != "" && version != "" {{ print mark, "pip", name, version, FILENAME; head = 0 }}
' {{}} + | sed "s|$folder/files||" | head -n {_MOST_LINES} >"$folder/packages"
if [ -f "$folder/files/var/lib/dpkg/status" ]; then
  awk -v mark="$mark" '
    function out() {{
      if (name != "" && version != "" && state ~ / installed$/) print mark, "apt", name, version
      name = version = state = ""
    }}
    /^Package: / {{ name = $2 }}
    /^Status: / {{ state = $0 }}
    /^Version: / {{ version = $2 }}
    /^$/ {{ out() }}
    END {{ out() }}
  ' "$folder/files/var/lib/dpkg/status" | head -n {_MOST_LINES} >>"$folder/packages"
fi
cat "$folder/packages"
awk '$2 == "pip" && $3 == "ray" {{ print $4; exit }}' "$folder/packages" >"$folder/ray"
sed -n 's|^.* pip ray .*/python\\([0-9.]*\\)/.*$|\\1|p' "$folder/packages" | head -n 1 \
  >"$folder/python"
if ! awk -F. '{{ exit !($1 > {_LEAST_RAY[0]} || ($1 == {_LEAST_RAY[0]} && \
$2 >= {_LEAST_RAY[1]})) }} END {{ if (!NR) exit 1 }}' "$folder/ray"; then
  echo "ERROR: the image has no Ray {_LEAST_RAY[0]}.{_LEAST_RAY[1]} or later: it is not pushed"
  exit 1
fi
"""
_DIGEST = "{{range .RepoDigests}}{{println .}}{{end}}"


def written(path: str, content: str, *, piece: int = _PIECE) -> Iterator[str]:
    """Yield commands that write a file, whatever is in it, where `base64` and `gzip` are.

    None of them is much longer than `piece` characters.
    """
    packed = base64.b64encode(gzip.compress(content.encode(), mtime=0)).decode()
    pieces = [packed[at : at + piece] for at in range(0, len(packed), piece)]
    yield f": > {quote(path)}.packed"
    for one in pieces:
        yield f"printf %s {one} >> {quote(path)}.packed"
    yield f"base64 -d < {quote(path)}.packed | gzip -dc > {quote(path)}"


def build(spec: BuildSpec, *, folder: str, context: str) -> str:
    """Return the command that builds; what it prints has one line for each step."""
    platform = f"--platform {quote(spec.platform)} " if spec.platform else ""
    return (
        f"docker build --pull {platform}--file {quote(folder)}/Dockerfile "
        f"--tag {quote(spec.location)} {quote(context)}"
    )


def look(spec: BuildSpec, *, folder: str, mark: str) -> str:
    """Return the command that prints what is in the image, and fails where it has no Ray."""
    return f"sh {quote(folder)}/look.sh {quote(folder)} {quote(spec.location)} {quote(mark)}"


def digest(spec: BuildSpec) -> str:
    """Return the command that prints the digest under which the image was pushed."""
    name = spec.location.rpartition(":")[0]
    return (
        f"docker image inspect --format {quote(_DIGEST)} {quote(spec.location)} "
        f"| sed -n {quote(f's|^{name}@||p')} | head -n 1"
    )

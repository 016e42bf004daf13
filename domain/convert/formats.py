"""Which formats there are, how to tell them apart, and who reads and writes each."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from domain.configuration.legacy import is_legacy
from domain.configuration.spec import ComputeConfig
from domain.convert import anyscale, ray_up, ray_up_import
from domain.convert.kuberay import reading as kuberay_reading
from domain.convert.kuberay import writing as kuberay_writing
from domain.convert.kuberay.documents import holds_kubernetes
from domain.convert.result import ExportContext, Exported, Imported, mapping
from domain.yaml.tree import read


class Format(StrEnum):
    """How a cluster is written down."""

    ANYSCALE = "anyscale"
    ANYSCALE_LEGACY = "anyscale-legacy"
    KUBERAY = "kuberay"
    RAY_UP = "ray-up"
    MOBULA = "mobula"

    @property
    def names_image(self) -> bool:
        """True if it names the container image, rather than one registered here or none."""
        return self in {Format.KUBERAY, Format.RAY_UP}

    @property
    def label(self) -> str:
        """Its name for people."""
        return _LABELS[self]


_LABELS = {
    Format.ANYSCALE: "Anyscale compute configuration",
    Format.ANYSCALE_LEGACY: "Anyscale compute configuration, older schema",
    Format.KUBERAY: "KubeRay RayCluster",
    Format.RAY_UP: "ray up cluster YAML",
    Format.MOBULA: "Mobula",
}

_WRITERS: Mapping[Format, Callable[[ComputeConfig, ExportContext], Exported]] = {
    Format.ANYSCALE: anyscale.write,
    Format.ANYSCALE_LEGACY: anyscale.write_legacy,
    Format.KUBERAY: kuberay_writing.write,
    Format.RAY_UP: ray_up.write,
    Format.MOBULA: anyscale.write_own,
}
_READERS: Mapping[Format, Callable[[str], Imported]] = {
    Format.ANYSCALE: anyscale.read_text,
    Format.ANYSCALE_LEGACY: anyscale.read_text,
    Format.RAY_UP: ray_up_import.read_text,
    Format.MOBULA: anyscale.read_text,
}


def detect(text: str) -> Format:
    """The format that a text is most likely written in; ours if it is none of the others."""
    if holds_kubernetes(text):
        return Format.KUBERAY
    top = mapping(read(text).value)
    if "available_node_types" in top or "cluster_name" in top:
        return Format.RAY_UP
    if is_legacy(top):
        return Format.ANYSCALE_LEGACY
    return Format.MOBULA if "mobula" in top else Format.ANYSCALE


def exported(config: ComputeConfig, to: Format, setting: ExportContext) -> Exported:
    """The configuration in that format; with several cloud resources, mostly the first of them."""
    return _WRITERS[to](config, setting)


def imported(text: str, source: Format | None = None, *, name: str = "") -> Imported:
    """The configuration that a text of that format describes; never raises.

    Where a file holds several clusters, the one of that name is read, else the first.
    """
    chosen = source or detect(text)
    if chosen is Format.KUBERAY:
        return kuberay_reading.read_text(text, name=name)
    return _READERS[chosen](text)

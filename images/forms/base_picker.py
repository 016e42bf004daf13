"""Choose the base of a new image by Ray, Python, CUDA and variant: only what there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django import forms

from images.catalogue import (
    BaseImage,
    Wanted,
    accelerator_label,
    find,
    in_order,
    offered,
    releases,
)

MOST_LISTED = 50
_RAYS_OWN = "rayproject/ray"
_LABELS = {"ray": "Ray", "python": "Python", "accelerator": "CUDA", "variant": "Variant"}
CPU, GPU, ARM = "cpu", "gpu", "arm64"


class BasePickerForm(forms.Form):
    """What the base must be. Each field offers what there is beside the others' choices.

    `images` are the bases that fit, the best first; `note` says what to do where there are none.
    """

    prefix = "pick"
    machines = forms.ChoiceField(
        required=False,
        label="Machines",
        choices=[
            ("", "Any"),
            (CPU, "CPU only"),
            (GPU, "NVIDIA GPUs (CUDA)"),
            (ARM, "ARM (arm64)"),
        ],
    )
    ray = forms.ChoiceField(required=False)
    python = forms.ChoiceField(required=False)
    accelerator = forms.ChoiceField(required=False)
    variant = forms.ChoiceField(required=False)

    def __init__(self, data: Mapping[str, str]) -> None:
        super().__init__(data)
        posted = {name: data.get(self.add_prefix(name), "") for name in self.fields}
        self._machines = posted.pop("machines")
        self._wanted = Wanted(**posted)
        found = offered(self._wanted)
        for name, label in _LABELS.items():
            values = [one for one in found[name] if name != "accelerator" or self._runs(one)]
            now = posted[name]
            if now and now not in values:  # it is shown, and why nothing fits is said
                values.append(now)
            words = [(value, _word(name, value)) for value in values]
            self.fields[name] = forms.ChoiceField(
                required=False, label=label, choices=[("", "Any"), *words]
            )
        fitting = [image for image in find(self._wanted) if self._runs(image.accelerator)]
        self.images = [] if self._machines == ARM else sorted(fitting, key=_preferred)

    @property
    def is_asked(self) -> bool:
        """Whether anything was chosen."""
        return bool(self._machines) or self._wanted != Wanted()

    @property
    def best(self) -> str:
        """The URI of the base to use, "" where none fits."""
        return self.images[0].uri if self.images else ""

    @property
    def listed(self) -> Iterable[BaseImage]:
        """Those to choose from by hand."""
        return self.images[:MOST_LISTED]

    @property
    def note(self) -> str:
        """Why no base fits, and what to do; "" where some do."""
        if self.images:
            return ""
        if self._machines == ARM:
            return self._for_arm()
        wanted = [
            # An accelerator's word says what it is.
            _word(name, value) if name == "accelerator" else f"{label} {_word(name, value)}"
            for name, label in _LABELS.items()
            if (value := getattr(self._wanted, name))
        ]
        where = {CPU: " for CPU machines", GPU: " for GPUs"}.get(self._machines, "")
        return f"No base image{where} has {', '.join(wanted)}. Select Any in one of the fields."

    def _runs(self, accelerator: str) -> bool:
        if self._machines == CPU:
            return accelerator == "cpu"
        return self._machines != GPU or accelerator.startswith(("cu", "gpu"))

    def _for_arm(self) -> str:
        known = (one for one in releases() if one.has_arm_wheels)
        ray = self._wanted.ray
        newest = next((one for one in known if ray in ("", one.version)), None)
        if newest is None:
            return f"Ray {ray} has no wheels for arm64. Select another Ray version."
        return (
            "No base image in the list is for arm64. Start from a Python image such as "
            f"python:{newest.pythons[-1]}-slim and install ray[default]=={newest.version}, which "
            "has wheels for arm64."
        )


def _word(name: str, value: str) -> str:
    if name == "accelerator":
        return accelerator_label(value)
    return value.capitalize() if name == "variant" else value


def _preferred(image: BaseImage) -> tuple[object, ...]:
    """Order: the newest Ray, Ray's own images, standard ones, CPU, then the newest CUDA."""
    kinds = ("cpu", "cu", "gpu")
    kind = next((i for i, one in enumerate(kinds) if image.accelerator.startswith(one)), len(kinds))
    cuda = image.accelerator.removeprefix("cu")
    return (
        tuple(-part for part in in_order(image.ray_version)),
        image.repository != _RAYS_OWN,
        image.variant != "standard",
        kind,
        -int(cuda) if cuda.isdecimal() else 0,
        in_order(image.python),
        image.tag,
    )

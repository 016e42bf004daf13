"""The form that sets a new rate card."""

from decimal import Decimal

from django import forms

from domain.pricing import RateCard
from insights.services import NOTE_LENGTH

_PRICES = ("usd_per_cpu_hour", "usd_per_gib_hour", "usd_per_gpu_hour")


def _price(label: str, help_text: str) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        help_text=help_text,
        min_value=Decimal(0),
        max_digits=12,
        decimal_places=6,
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
    )


class RateCardForm(forms.Form):
    """What a resource of a local machine costs in an hour, in dollars."""

    usd_per_cpu_hour = _price("$/vCPU-h", "For each CPU of the machine, used or not.")
    usd_per_gib_hour = _price("Memory, $/GiB-h", "For each GiB of the machine.")
    usd_per_gpu_hour = _price("$/GPU-h", "For each GPU of the machine.")
    note = forms.CharField(
        max_length=NOTE_LENGTH,
        required=False,
        help_text="The source of the prices. Shown in the history.",
    )

    def card(self) -> RateCard:
        """Return the valid form's prices."""
        return RateCard(**{name: self.cleaned_data[name] for name in _PRICES})

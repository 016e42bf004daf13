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

    usd_per_cpu_hour = _price("$ per CPU and hour", "Of each core the machine has, used or not.")
    usd_per_gib_hour = _price("$ per GiB of memory and hour", "Of each GiB the machine has.")
    usd_per_gpu_hour = _price("$ per GPU and hour", "Of each GPU the machine has.")
    note = forms.CharField(
        max_length=NOTE_LENGTH,
        required=False,
        help_text="Where the prices come from, for those who read the history.",
    )

    def card(self) -> RateCard:
        """Return the valid form's prices."""
        return RateCard(**{name: self.cleaned_data[name] for name in _PRICES})

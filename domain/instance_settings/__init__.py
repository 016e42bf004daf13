"""Typed settings of the raw instance configurations: each shows one value of a block.

A block is read into the texts of its fields and the rest, which no field can show; both together
are the block again. What is changed in a field changes its own place in the block, nothing else.
Which settings there are is the providers' to say.
"""

from domain.instance_settings.reading import Reading, SettingsTable
from domain.instance_settings.table import Setting

__all__ = ["Reading", "Setting", "SettingsTable"]

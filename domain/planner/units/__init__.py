"""Resources that come in units, as GPUs do: a fraction lies on one unit, several are whole ones."""

"""The nodes that are there: as the packing fills them, and by the slices that they form."""

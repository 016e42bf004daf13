"""The head agent: runs beside a Ray cluster's head and calls home to Mobula.

It needs the standard library and that node's own Ray (2.8.0 or newer, Python 3.8 or newer), so
no module in this package may use newer syntax or anything else that Mobula installs.
"""

PROTOCOL = 1

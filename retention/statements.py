"""The statements that add and drop partitions; nothing else changes a table at run time.

They are functions of the database (migration 0001), so that the role that serves requests may add
and drop partitions of the tables named there without owning a table.
"""

from datetime import datetime

from django.db import connection


def add(table: str, *, start: datetime, end: datetime) -> None:
    """Add the partition of `table` for these moments; one that is there stays as it is."""
    _call("SELECT mobula_add_partition(%s, %s, %s)", table, start, end)


def drop(table: str, *, partition: str) -> None:
    """Drop a partition of `table` with all its rows; refused while it may get new ones."""
    _call("SELECT mobula_drop_partition(%s, %s)", table, partition)


def _call(query: str, *values: str | datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(query, values)

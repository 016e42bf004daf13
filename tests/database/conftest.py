"""What the tests of the database, its keys and its backups share with those of the stack."""

from tests.stack.conftest import home, no_child_left, said, short_path  # noqa: F401

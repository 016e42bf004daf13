"""Which tests run on one worker when several run side by side, and which begin first."""

import pytest

# The longest first, so that the short ones fill what is left of the other workers' time.
ORDER = ("ray", "browser", "stack")
# Tests with servers of their own, whose times count.
STACK = ("stack", "edge", "database")


def arrange(items: list[pytest.Item]) -> None:
    """Give each test its group and put the groups in order.

    Tests with real Ray nodes share the machine's cores and ports, so they run one after another;
    the others share the fixtures of their module.
    """
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))
    items.sort(key=_place)  # stable: inside a group pytest's own order stays


def _group(item: pytest.Item) -> str:
    folder = item.nodeid.split("/")[1]
    if item.get_closest_marker("ray") or folder == "e2e":
        return "ray"
    if item.get_closest_marker("browser"):
        return "browser"
    return "stack" if folder in STACK else item.nodeid.partition("::")[0]


def _place(item: pytest.Item) -> int:
    group = _group(item)
    return ORDER.index(group) if group in ORDER else len(ORDER)

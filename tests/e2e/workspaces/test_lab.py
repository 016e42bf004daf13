"""A workspace with real JupyterLab and real Ray, from its terminal to the next image.

Without a network: the wheels of the image that is built stand for the Ray and JupyterLab that are
installed here, and the package that is installed is made by the test.
"""

from __future__ import annotations

import re
import shutil
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.stack import Console, console
from tests.e2e.waiting import eventually
from tests.providers.environments.wheels import wheel

pytestmark = [pytest.mark.ray, pytest.mark.browser]

SECONDS = 1000
TEXT = """\
cloud: local
head_node:
  instance_type: 2CPU-4GB
"""
# What the next cluster runs: a Ray task that imports the package.
TASK = """\
import ray

@ray.remote
def told():
    import tiny
    return tiny.WORD

ray.init()
print("task says", ray.get(told.remote()))
"""
RAY = "[console_scripts]\nray = ray.scripts.scripts:main\n"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory of wheels that everybody can read, with which pip and uv do without an index."""
    directory = Path("/tmp") / f"mobula-wheels-{tmp_path_factory.getbasetemp().name}"
    directory.mkdir(mode=0o755, exist_ok=True)
    here = sysconfig.get_paths()["purelib"]
    bridge = f"import site; site.addsitedir({here!r})\n"
    wheel(directory, "tiny", "1.0", {"tiny.py": "WORD = 'abracadabra'\n"})
    wheel(
        directory,
        "ray",
        "2.60.0",
        {"bridge.pth": bridge, "ray-2.60.0.dist-info/entry_points.txt": RAY},
    )
    from importlib.metadata import version

    wheel(directory, "jupyterlab", version("jupyterlab"), {"bridge_to_lab.pth": bridge})
    for path in directory.iterdir():
        path.chmod(0o644)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UV_FIND_LINKS", str(directory))
        patch.setenv("UV_NO_INDEX", "1")
        patch.setenv("UV_OFFLINE", "1")
        # Nor what uv keeps of another Ray of this version.
        patch.setenv("UV_CACHE_DIR", str(tmp_path_factory.mktemp("uv")))
        patch.setenv("PIP_FIND_LINKS", str(directory))
        patch.setenv("PIP_NO_INDEX", "1")
        yield directory
    shutil.rmtree(directory)


@pytest.fixture(scope="module")
def mobula(index: Path) -> Iterator[Console]:
    with console() as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or "/usr/bin/chromium"
        )
        yield chromium
        chromium.close()


def signed_in(browser: Browser, mobula: Console) -> Page:
    """Return a page of a browser that has the session of the first admin."""
    context = browser.new_context()
    kept = mobula.http.cookies.jar
    context.add_cookies(
        [{"name": each.name, "value": each.value or "", "url": mobula.url} for each in kept]
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    return page


def states(mobula: Console) -> list[object]:
    """Return what is known of each cluster of a workspace, the newest first."""
    return mobula.rows(
        "SELECT cluster.name, cluster.state, run.workspace, run.last_error"
        " FROM clusters_cluster AS cluster JOIN clusters_run AS run ON run.id = cluster.run_id"
        " WHERE cluster.workspace_id IS NOT NULL ORDER BY cluster.created_at DESC"
    )


def runs(mobula: Console) -> bool:
    return any(row["workspace"].get("state") == "running" for row in states(mobula))  # type: ignore[index]


def type_in_terminal(lab: Page, line: str) -> None:
    terminal = lab.locator(".jp-Terminal .xterm-screen")
    terminal.wait_for()
    terminal.click()
    lab.keyboard.type(line)
    lab.keyboard.press("Enter")


def test_what_is_installed_in_the_terminal_is_in_the_next_cluster(
    mobula: Console, browser: Browser
) -> None:
    version = mobula.make_template("labs", TEXT)
    page = signed_in(browser, mobula)
    page.goto(f"{mobula.url}/workspaces/new/?version={version}")
    page.get_by_label("Name").fill("lab")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="lab", exact=True)).to_be_visible()
    address = page.url
    eventually(
        lambda: runs(mobula), seconds=SECONDS, what="JupyterLab runs", seen=lambda: states(mobula)
    )

    # Open it: another origin, where Mobula's session is unknown.
    page.goto(address)
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Open JupyterLab").click()
    lab = opened.value
    lab.set_default_timeout(180_000)
    lab.get_by_role("menuitem", name="File", exact=True).wait_for()
    assert re.match(r"http://[0-9a-f]{32}\.localhost:\d+/workspaces/", lab.url)
    names = {cookie["name"] for cookie in lab.context.cookies(lab.url)}
    assert names == {"mobula-workspace"}
    refused = lab.evaluate(
        "url => fetch(url, {credentials: 'include'}).then(() => 'answered', String)", mobula.url
    )
    assert "Failed to fetch" in refused  # by its policy

    # Install in its terminal.
    lab.goto(lab.url.partition("/lab")[0] + "/lab")
    lab.locator(".jp-LauncherCard[title^='Start a new terminal']").click()
    type_in_terminal(lab, "pip install tiny && echo 'print(1)' > train.py")
    eventually(
        lambda: (
            [
                package["name"]
                for row in states(mobula)
                for package in row["workspace"].get("packages", ())  # type: ignore[index]
            ]
            == ["tiny"]
        ),
        seconds=SECONDS,
        what="the agent tells of the package",
        seen=lambda: states(mobula),
    )

    # Capture it.
    page.goto(address)
    page.get_by_role("link", name="Capture 1 package").click()
    page.get_by_label("Image").fill("with-tiny")
    expect(page.get_by_role("checkbox", name="tiny")).to_be_checked()
    page.get_by_role("button", name="Build image").click()
    page.wait_for_url("**/templates/drafts/**")
    built = "SELECT state, state_reason, requirements FROM images_imageversion AS version"
    built += " JOIN images_image AS image ON image.id = version.image_id WHERE image.name = %s"

    def image() -> object:
        return mobula.rows(built, "with-tiny")

    eventually(
        lambda: mobula.rows(built, "with-tiny")[0]["state"] in {"ready", "failed"},
        seconds=SECONDS,
        what="the image is built",
        seen=image,
    )
    (row,) = mobula.rows(built, "with-tiny")
    log = mobula.rows("SELECT reason, steps FROM images_build") if row["state"] == "failed" else ""
    assert row["state"] == "ready", (row, log)
    assert row["requirements"].splitlines()[-1] == "tiny==1.0"

    # The next cluster has it.
    text = TEXT + "mobula:\n  image: with-tiny:1\n"
    task = mobula.share(_written(TASK))
    mobula.post(f"{address}stop/")
    cluster = mobula.launch("next", version=mobula.make_template("next", text))
    cluster.comes_to("running", seconds=SECONDS)
    job = cluster.job_over(cluster.submit(f"python {task}"))
    assert job["status"] == "SUCCEEDED", cluster.job_log(job)
    assert "task says abracadabra" in cluster.job_log(job)


def _written(text: str) -> Path:
    path = Path("/tmp/mobula-task.py")
    path.write_text(text)
    return path

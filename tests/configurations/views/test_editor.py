"""The template editor: form and YAML are two views of one configuration, and none of it is lost."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from configurations.models import Template, Version
from domain.yaml.text import parse
from tests.clusters.conftest import TEXT
from tests.configurations.views.test_templates import signed_in

pytestmark = pytest.mark.django_db

_INPUT = re.compile(r"<(input|textarea|select)\b([^>]*)>")
_ATTRIBUTE = re.compile(r'([\w-]+)(?:="([^"]*)")?')


class Page:
    """The editor's form, without the menus around it, as a browser holds it: names and values."""

    def __init__(self, text: str) -> None:
        text = text[text.find('id="content"') :] if 'id="content"' in text else text
        self.text = text
        self.fields: dict[str, Any] = {}
        for match in _INPUT.finditer(text):
            attributes = {k: html.unescape(v) for k, v in _ATTRIBUTE.findall(match[2])}
            self._read(match, attributes)
        self.fields.pop("csrfmiddlewaretoken", None)

    def _read(self, match: re.Match[str], attributes: dict[str, str]) -> None:
        name = attributes.get("name")
        if name is None:
            return
        if match[1] == "select":
            body = self.text[match.end() : self.text.index("</select>", match.end())]
            chosen = re.search(r'value="([^"]*)" selected', body)
            self.fields[name] = html.unescape(chosen[1]) if chosen else ""
        elif match[1] == "textarea":
            body = self.text[match.end() : self.text.index("</textarea>", match.end())]
            self.fields[name] = html.unescape(body).removeprefix("\n")
        elif name == "rows":
            self.fields.setdefault("rows", []).append(attributes["value"])
        elif attributes.get("type") == "checkbox":
            if "checked" in attributes:
                self.fields[name] = "on"
        elif attributes.get("type") != "radio" or "checked" in attributes:
            self.fields[name] = attributes.get("value", "")

    @property
    def config(self) -> Any:
        return parse(self.fields["text"]).draft


class Editor:
    """A browser with the editor open: `change` is an edit, `check` what a script does after it."""

    def __init__(self, client: Client, url: str, check_url: str) -> None:
        self.client, self.url, self.check_url = client, url, check_url
        self.page = Page(client.get(url).text)

    def check(self, **changes: Any) -> Page:
        """Post what stands in the page with some changes; the YAML stays if it is not answered."""
        posted = {k: v for k, v in {**self.page.fields, **changes}.items() if v is not None}
        response = self.client.post(self.check_url, posted)
        assert response.status_code == 200
        self.page = Page(response.text)
        return self.page

    def post(self, **changes: Any) -> Any:
        """Press the button of the form without a script."""
        posted = {k: v for k, v in {**self.page.fields, **changes}.items() if v is not None}
        return self.client.post(self.url, posted)


@pytest.fixture
def editor(version: Version, alice: Any, driver: Any) -> Editor:
    """alice edits version 1 of `train`."""
    return open_editor(version, alice)


def open_editor(version: Version, user: Any) -> Editor:
    own = [version.template_id]
    edit_url = reverse("configurations:edit-template", args=own)
    return Editor(signed_in(user), edit_url, reverse("configurations:check-template", args=own))


@pytest.fixture
def new_editor(alice: Any, driver: Any, image: Any) -> Editor:
    """alice opens the editor for a new template on a cloud of small, large and gpu sizes."""
    from clouds.models import Cloud

    Cloud.objects.create(name="local", provider="local")
    Cloud.objects.create(name="paper", provider="fake")
    new_url = reverse("configurations:new-template")
    return Editor(signed_in(alice), new_url, reverse("configurations:check-template"))


def test_form_shows_what_the_text_says(editor: Editor) -> None:
    fields = editor.page.fields
    assert fields["text"] == TEXT
    assert (fields["cloud"], fields["head-size"], fields["g0-name"]) == ("paper", "small", "cpu")
    assert (fields["g0-min_nodes"], fields["g0-max_nodes"], fields["idle_minutes"]) == (
        "0",
        "4",
        "30",
    )


def test_nothing_changes_while_nothing_is_edited(editor: Editor) -> None:
    before = editor.page.fields
    assert editor.check().fields == before


@pytest.mark.parametrize(
    ("field", "value", "line"),
    [
        ("head-size", "large", "  instance_type: large"),
        ("g0-name", "train", "  - name: train"),
        ("g0-size", "large", "    instance_type: large"),
        ("g0-min_nodes", "2", "    min_nodes: 2"),
        ("g0-max_nodes", "9", "    max_nodes: 9"),
        ("g0-resources", "CPU=2, special=3", "      special: 3"),
        ("g0-resources", "memory=4Gi", "      memory: 4294967296"),
        ("g0-labels", "stage=train", "      stage: train"),
        ("idle_minutes", "5", "  idle_minutes: 5"),
        ("idle_minutes", "0", "  idle_minutes: 0"),
        ("max_lifetime_minutes", "0", "  max_lifetime_minutes: 0"),
        ("worker_idle_seconds", "7", "  worker_idle_seconds: 7"),
        ("image", "ray:1", "  image: ray:1"),
        ("max_cpu", "6", "  CPU: 6"),
        ("max_gpu", "1.5", "  GPU: 1.5"),
        ("autoscaling", None, "  autoscaling: false"),
        ("cloud_resource", "vm", "cloud_resource: vm"),
        ("zones", "a, b", "  - b"),
        ("cross_zone", "on", "enable_cross_zone_scaling: true"),
        ("auto_select", "on", "auto_select_worker_config: true"),
        ("min_resources", "CPU=1", "  CPU: 1"),
        ("more_max", "licence=3", "  licence: 3"),
        ("max_usd_per_hour", "2.5", "  max_usd_per_hour: 2.5"),
        ("block", "SubnetId: subnet-1\n", "  SubnetId: subnet-1"),
        ("merge_blocks", "on", "  merge_instance_config: true"),
        ("threshold", "30m", "  replacement_threshold: 30m"),
        ("zone_timeout", "5m", "  zone_starting_timeout: 5m"),
        ("starting_timeout", "1h", "  workload_starting_timeout: 1h"),
        ("recovering_timeout", "10m", "  workload_recovering_timeout: 10m"),
        ("strategy", "relaxed", "  instance_selection_strategy: relaxed"),
        ("no_nfs", "on", "  disable_nfs_mount: true"),
        ("no_gpu_checks", "on", "  disable_gpu_health_checks: true"),
        ("more_flags", "efa_config: {}\n", "  efa_config: {}"),
        ("mounts", "- storage: data\n  path: /mnt/data\n", "    - storage: data"),
        ("environments", "prod:\n  zones:\n    - a\n", "    prod:"),
        ("head-resources", "CPU=1", "    CPU: 1"),
        ("head-labels", "tier=head", "    tier: head"),
        ("head-block", "KeyName: debug\n", "    KeyName: debug"),
        ("head-flags", "pricing_weight: 2\n", "    pricing_weight: 2"),
        ("head-deployment", "region: west\n", "    region: west"),
        ("g0-market", "PREFER_SPOT", "    market_type: PREFER_SPOT"),
        ("g0-threshold", "30m", "      replacement_threshold: 30m"),
        ("g0-weight", "2.5", "      pricing_weight: 2.5"),
        ("g0-idle_seconds", "90", "      worker_idle_seconds: 90"),
        ("g0-required_labels", "ray.io/accelerator-type=L4", "      ray.io/accelerator-type: L4"),
        ("g0-block", "{}\n", "    advanced_instance_config: {}"),
        ("g0-flags", "cloud: a\n", "      cloud: a"),
        ("g0-deployment", "machine_pool: p\n", "      machine_pool: p"),
    ],
)
def test_each_field_reaches_the_yaml_and_comes_back(
    editor: Editor, field: str, value: str | None, line: str
) -> None:
    page = editor.check(**{field: value})
    assert line in page.fields["text"].splitlines()
    assert page.fields.get(field) == value
    # Opened anew from that text, the form shows the same.
    again = editor.check(shown="", text=page.fields["text"])
    assert again.fields.get(field) == (value if field != "g0-resources" else again.fields[field])
    assert again.config == page.config


def test_hardware_takes_the_place_of_a_type(editor: Editor) -> None:
    hardware = {"g0-need_cpu": "8", "g0-need_memory": "32Gi", "g0-need_gpu": "1"}
    hardware |= {"g0-need_accelerator": "A10G", "g0-need_arch": "x86_64"}
    page = editor.check(**{"g0-size": "", **hardware})
    group = page.config.groups[0]
    assert group.instance_type is None
    assert group.required_resources.model_dump(exclude_none=True) == {
        "CPU": 8, "memory": 32 * 2**30, "GPU": 1, "accelerator": "A10G",
        "cpu_architecture": "x86_64",
    }  # fmt: skip
    assert {name: page.fields[name] for name in hardware} == hardware
    assert editor.check(**dict.fromkeys(hardware, "")).config.groups[0].required_resources is None


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("block", "a: [", "more-problems"),
        ("block", "- a\n", "must be a mapping"),
        ("mounts", "- storage: 1\n", "must be text"),
        ("mounts", "a: b\n", "must be a list"),
        ("environments", "prod: 3\n", "must be a mapping"),
        ("g0-deployment", "zone: a\n", "is not a key here"),
        ("g0-need_memory", "32GB", "is not a quantity"),
    ],
)
def test_part_that_does_not_fit_is_reported_beside_its_field_and_kept(
    editor: Editor, field: str, value: str, words: str
) -> None:
    before = editor.page.fields["text"]
    page = editor.check(**{field: value})
    assert page.fields[field].strip() == value.strip()
    assert page.fields["text"] == before
    assert words in page.text or field == "block"
    assert f'id="id_{field}_error"' in page.text


def test_click_on_a_fix_mends_the_text_and_keeps_its_comments(editor: Editor) -> None:
    broken = TEXT.replace("    max_nodes: 4", "    max_nodes: 4  # no more\n    market_type: spot")
    page = editor.check(text=broken)
    assert 'value="fix:0"' in page.text
    page = editor.check(do="fix:0")
    assert "market_type: SPOT" in page.fields["text"]
    assert "# no more" in page.fields["text"]


def test_one_click_makes_all_fixes(editor: Editor) -> None:
    broken = TEXT.replace("max_nodes: 4", 'max_node: 4\n    market_type: spot\n    min_nodes: "1"')
    page = editor.check(text=broken)
    page = editor.check(do="fix:all")
    assert page.config.groups[0].model_dump(include={"min_nodes", "max_nodes"}) == {
        "min_nodes": 1,
        "max_nodes": 4,
    }


@pytest.mark.parametrize("action", ["fix:99", "fix:", "fix:x", "part:9", "part:", "nonsense:"])
def test_action_that_makes_no_sense_changes_nothing(editor: Editor, action: str) -> None:
    before = editor.page.fields["text"]
    assert editor.check(do=action).fields["text"] == before


SEVERAL = """\
cloud: paper
configs:
  - cloud_resource: west
    head_node: {instance_type: small}
    worker_nodes: [{name: cpu, instance_type: small}]
  - cloud_resource: east
    head_node: {instance_type: large}
    worker_nodes: []
"""


def test_each_cloud_resource_is_edited_by_itself(editor: Editor) -> None:
    page = editor.check(text=SEVERAL)
    assert page.fields["head-size"] == "small"
    page = editor.check(do="part:1")
    assert (page.fields["head-size"], page.fields["part"]) == ("large", "1")
    page = editor.check(**{"head-size": "gpu", "idle_minutes": "7"})
    west, east = page.config.resource_configs
    assert (west.head_node.instance_type, east.head_node.instance_type) == ("small", "gpu")
    assert west.mobula.idle_minutes == 7


def test_idle_time_of_a_group_follows_its_name(editor: Editor) -> None:
    editor.check(**{"g0-idle_seconds": "90"})
    page = editor.check(**{"g0-name": "train"})
    assert list(page.config.mobula.groups) == ["train"]
    assert editor.check(**{"g0-idle_seconds": ""}).config.mobula.groups == {}


def test_yaml_reaches_the_form(editor: Editor) -> None:
    page = editor.check(text=TEXT.replace("max_nodes: 4", "max_nodes: 7"))
    assert page.fields["g0-max_nodes"] == "7"


def test_comments_and_unknown_keys_survive_a_change_in_the_form(editor: Editor) -> None:
    text = TEXT.replace("max_nodes: 4", "max_nodes: 4  # enough\n    colour: blue")
    editor.check(text=text)
    page = editor.check(**{"g0-max_nodes": "5"})
    assert "max_nodes: 5  # enough" in page.fields["text"]
    assert "colour: blue" in page.fields["text"]


def test_fields_that_the_form_does_not_show_are_kept(editor: Editor) -> None:
    text = TEXT.replace("max_nodes: 4", "max_nodes: 4\n    market_type: SPOT")
    editor.check(text=text)
    assert editor.check(**{"g0-name": "spot"}).config.groups[0].market_type == "SPOT"


def test_both_views_changed_at_once_are_brought_together(editor: Editor) -> None:
    text = TEXT.replace("idle_minutes: 30", "idle_minutes: 10")
    page = editor.check(text=text, **{"g0-max_nodes": "8"})
    assert page.config.mobula.idle_minutes == 10
    assert page.config.groups[0].max_nodes == 8
    assert (page.fields["idle_minutes"], page.fields["g0-max_nodes"]) == ("10", "8")


@pytest.mark.parametrize("broken", ["head_node: [", TEXT.replace("max_nodes: 4", "max_nodes: x")])
def test_yaml_that_cannot_be_read_is_kept_and_so_is_the_form(editor: Editor, broken: str) -> None:
    page = editor.check(text=broken)
    assert page.fields["text"] == broken
    assert "The YAML has errors" in page.text
    page = editor.check(**{"g0-min_nodes": "1"})
    assert page.fields["text"] == broken
    assert page.fields["g0-min_nodes"] == "1"
    page = editor.check(text=TEXT.replace("idle_minutes: 30", "idle_minutes: 3"))
    assert (page.config.groups[0].min_nodes, page.config.mobula.idle_minutes) == (1, 3)


def test_number_that_is_none_is_reported_beside_its_field_and_kept(editor: Editor) -> None:
    page = editor.check(**{"g0-max_nodes": "many"})
    assert page.fields["g0-max_nodes"] == "many"
    assert page.fields["text"] == TEXT
    assert "Enter a whole number." in page.text
    assert editor.post(message="x").status_code == 422


def test_all_problems_show_at_once_in_field_line_and_list(editor: Editor) -> None:
    page = editor.check(**{"g0-min_nodes": "9", "head-size": "huge", "image": "ray:99"})
    marked = page.text[page.text.index('id="yaml-problems"') :]
    for message in ("Minimum exceeds maximum (9 &gt; 4).", "huge", "ray:99"):
        assert page.text.count(message) >= 2
    assert '"line": 7' in marked
    assert 'id="id_g0-max_nodes_error"' in page.text
    assert 'href="#id_g0-max_nodes"' in page.text
    assert 'data-go-to-line="7"' in page.text


def test_warning_does_not_stop_the_save(editor: Editor) -> None:
    editor.check(max_cpu="3", **{"g0-size": "large"})
    response = editor.post(message="Capped.")
    assert response.status_code == 422
    editor.check(max_cpu="9")
    assert "capped to 1 by max_resources.CPU" in editor.page.text
    assert editor.post(message="Capped.").status_code == 302


def test_errors_stop_the_save_and_nothing_typed_is_lost(editor: Editor) -> None:
    response = editor.post(message="Too few.", **{"g0-min_nodes": "9"})
    assert response.status_code == 422
    page = Page(response.text)
    assert (page.fields["g0-min_nodes"], page.fields["message"]) == ("9", "Too few.")
    assert Version.objects.count() == 1


def test_save_takes_a_message(editor: Editor) -> None:
    response = editor.post(message=" ", **{"g0-max_nodes": "5"})
    assert response.status_code == 422
    assert "Say in a few words what is different." in response.text


def test_save_without_scripts_takes_the_form(editor: Editor) -> None:
    assert editor.post(message="Five.", **{"g0-max_nodes": "5"}).status_code == 302
    latest = Version.objects.latest("number")
    assert (latest.number, latest.message, "max_nodes: 5" in latest.text) == (2, "Five.", True)


def test_save_without_a_change_says_so_and_makes_no_version(editor: Editor) -> None:
    response = editor.post(message="Again.")
    page = editor.client.get(response.url)
    assert "Nothing differs from train:1" in page.text
    assert Version.objects.count() == 1


def test_lines_from_a_browser_are_no_change(editor: Editor) -> None:
    crlf = TEXT.replace("\n", "\r\n")
    editor.post(message="Again.", text=crlf, shown=crlf)
    assert Version.objects.count() == 1


def names(page: Page) -> list[str]:
    return [group.name for group in page.config.groups]


def test_groups_are_added_copied_moved_and_removed(editor: Editor) -> None:
    page = editor.check(**{"g0-labels": "a=b"})
    assert names(editor.check(do="copy:g0")) == ["cpu", "cpu-2"]
    assert names(editor.check(do="copy:g0")) == ["cpu", "cpu-3", "cpu-2"]
    assert names(editor.check(do="add")) == ["cpu", "cpu-3", "cpu-2", "workers"]
    keys = editor.page.fields["rows"]
    assert names(editor.check(do=f"up:{keys[3]}")) == ["cpu", "cpu-3", "workers", "cpu-2"]
    assert names(editor.check(do=f"down:{keys[0]}")) == ["cpu-3", "cpu", "workers", "cpu-2"]
    page = editor.check(do=f"remove:{keys[1]}")
    assert names(page) == ["cpu", "workers", "cpu-2"]
    assert [group.labels for group in page.config.groups] == [{"a": "b"}, {}, {"a": "b"}]


def test_group_actions_that_make_no_sense_change_nothing(editor: Editor) -> None:
    for odd in ("", "up", "up:g0", "down:g0", "remove:g9", "fly:g0", "copy:"):
        assert names(editor.check(do=odd)) == ["cpu"]


def test_group_actions_work_without_scripts_and_save_nothing(editor: Editor) -> None:
    response = editor.post(do="add", message="Half a thought")
    assert response.status_code == 200
    page = Page(response.text)
    assert names(page) == ["cpu", "workers"]
    assert page.fields["message"] == "Half a thought"
    assert Version.objects.count() == 1


def test_last_group_can_be_removed(editor: Editor) -> None:
    page = editor.check(do="remove:g0")
    assert page.config.worker_nodes == ()
    assert "No worker groups" in page.text


def test_without_autoscaling_one_number_is_the_size(editor: Editor) -> None:
    page = editor.check(autoscaling=None)
    assert "g0-min_nodes" not in page.fields
    assert page.fields["g0-nodes"] == "1"
    page = editor.check(**{"g0-nodes": "3"})
    assert (page.config.groups[0].min_nodes, page.config.groups[0].max_nodes) == (3, 3)
    page = editor.check(autoscaling="on")
    assert (page.fields["g0-min_nodes"], page.fields["g0-max_nodes"]) == ("3", "3")


def test_choosing_a_size_takes_the_place_of_required_hardware(editor: Editor) -> None:
    text = TEXT.replace(
        "  - name: cpu\n    instance_type: small",
        "  - name: cpu\n    required_resources: {CPU: 2, memory: 4Gi}",
    )
    assert editor.check(text=text).fields["g0-size"] == ""
    group = editor.check(**{"g0-size": "large"}).config.groups[0]
    assert (group.instance_type, group.required_resources) == ("large", None)


def test_size_that_the_cloud_has_not_is_shown_and_kept(editor: Editor) -> None:
    page = editor.check(text=TEXT.replace("instance_type: small\nw", "instance_type: m5.big\nw"))
    assert page.fields["head-size"] == "m5.big"
    assert "m5.big" in editor.check(**{"g0-max_nodes": "5"}).fields["text"]


def test_price_is_shown_for_the_least_and_the_most(editor: Editor) -> None:
    page = editor.check(**{"g0-min_nodes": "1", "g0-max_nodes": "4"})
    # Sizes of $0.10: a head and one worker, a head and four.
    side = page.text[page.text.index("price-title") :]
    assert "$0.20" in side
    assert "$0.50" in side


def test_changes_since_the_latest_version_are_said_in_words(editor: Editor) -> None:
    page = editor.check(**{"g0-max_nodes": "5"})
    assert "Group cpu: Maximum nodes: 4 → 5" in page.text


def test_two_people_who_edit_at_once_get_a_merge_view(
    editor: Editor, version: Version, research: Any
) -> None:
    from tests.cast import make_member

    dora = make_member("dora", team=research, role="engineer")
    hers = open_editor(version, dora)
    hers.post(message="Hers.", idle_minutes="5", **{"g0-max_nodes": "6"})
    response = editor.post(message="Mine.", max_cpu="12", **{"g0-max_nodes": "5"})
    assert response.status_code == 409
    assert "saved train:2 while you were editing" in response.text
    assert "Group cpu: Maximum nodes" in response.text
    assert Version.objects.count() == 2

    fields = Page(response.text).fields | {"take-0": "theirs"}
    response = editor.client.post(editor.url, fields)
    editor.page = Page(response.text)
    config = editor.page.config
    assert (config.groups[0].max_nodes, config.mobula.idle_minutes) == (6, 5)
    assert config.max_resources == {"CPU": 12}
    assert (editor.page.fields["base"], editor.page.fields["message"]) == ("2", "Mine.")
    assert editor.post().status_code == 302
    assert Version.objects.latest("number").number == 3


def test_mine_holds_where_it_is_chosen(editor: Editor, version: Version, alice: Any) -> None:
    open_editor(version, alice).post(message="Other tab.", **{"g0-max_nodes": "6"})
    fields = Page(editor.post(message="Mine.", **{"g0-max_nodes": "5"}).text).fields
    response = editor.client.post(editor.url, fields | {"take-0": "mine"})
    assert Page(response.text).config.groups[0].max_nodes == 5


def test_save_based_on_no_version_is_refused(editor: Editor) -> None:
    for odd in ("", "0", "7", "x", "²", "9" * 30):
        assert editor.post(message="x", base=odd, max_cpu="9").status_code == 404
    assert Version.objects.count() == 1


def test_newcomer_saves_the_defaults_and_launches(alice: Any, image: Any, queued: Any) -> None:
    from clouds.bootstrap import bootstrap
    from clusters.models import Cluster
    from metering.bootstrap import bootstrap as price

    bootstrap()
    price()
    new_url = reverse("configurations:new-template")
    editor = Editor(signed_in(alice), new_url, reverse("configurations:check-template"))
    assert editor.page.text.count('class="tone-') == 0
    response = editor.post()
    assert response.status_code == 302
    version = Version.objects.get()
    assert str(version) == "starter:1"
    launched = editor.client.post(
        reverse("clusters:launch"), {"name": "first", "version": version.pk}
    )
    assert launched.status_code == 302
    assert Cluster.objects.get().version == version


def test_new_template_has_a_name_of_its_own(new_editor: Editor) -> None:
    new_editor.post(cloud="paper", **{"head-size": "small", "g0-size": "small"})
    response = new_editor.post(cloud="paper", **{"head-size": "small", "g0-size": "small"})
    assert response.status_code == 422
    assert "has a template of that name already" in response.text
    assert new_editor.client.get(new_editor.url).text.count("starter-2") >= 1
    assert Template.objects.count() == 1


@pytest.mark.parametrize("odd", ["", "Two Words", "-a", "a\x00b", "x" * 64])
def test_odd_names_are_refused(new_editor: Editor, odd: str) -> None:
    assert new_editor.post(name=odd).status_code == 422
    assert Template.objects.count() == 0


def many(count: int) -> str:
    """A configuration of so many groups, each with a label and a flag."""
    rest = "instance_type: small, flags: {pricing_weight: 2}"
    groups = "".join(f"  - {{name: g-{n}, labels: {{n: n-{n}}}, {rest}}}\n" for n in range(count))
    return f"cloud: paper\nhead_node: {{instance_type: small}}\nworker_nodes:\n{groups}"


def test_fields_that_a_large_page_leaves_out_are_kept(editor: Editor) -> None:
    page = editor.check(text=many(60))
    assert "g7-labels" not in page.fields
    page = editor.check(**{"g7-max_nodes": "3", "g8-name": "other"})
    groups = page.config.groups
    assert (groups[7].max_nodes, groups[8].name) == (3, "other")
    assert [group.labels["n"] for group in groups] == [f"n-{n}" for n in range(60)]
    assert all(group.flags == {"pricing_weight": 2} for group in groups)


def test_fields_that_a_large_page_leaves_out_are_asked_for(editor: Editor) -> None:
    editor.check(text=many(60))
    page = editor.check(do="more:g7")
    assert page.fields["g7-labels"] == "n=n-7"
    page = editor.check(**{"g7-labels": "n=seven"})
    assert page.config.groups[7].labels == {"n": "seven"}
    assert page.fields["g7-labels"] == "n=seven"


def test_group_that_a_large_page_copies_has_all_of_it(editor: Editor) -> None:
    editor.check(text=many(11))
    groups = editor.check(do="copy:g3").config.groups
    assert groups[4].labels == {"n": "n-3"}

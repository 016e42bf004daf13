"""Where code may come from, and which paths it may have."""

import pytest

from domain.promotions.code import is_commit, wrong_folder, wrong_path, wrong_ref, wrong_url


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/acme/checks.git",
        "https://git.example.org:8443/checks",
        "ssh://git@github.com/acme/checks.git",
        "ssh://git.example.org:2222/~me/checks.git",
        "https://[::1]/checks.git",
    ],
)
def test_urls_of_repositories_are_accepted(url: str) -> None:
    assert wrong_url(url) == ""


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "Enter the URL"),
        ("http://github.com/acme/checks.git", "'http' is not accepted"),
        ("file:///etc/passwd", "'file' is not accepted"),
        ("ext::sh%20-c%20id", "is no URL"),
        ("git://github.com/acme/checks.git", "'git' is not accepted"),
        ("/srv/checks.git", "is not accepted"),
        ("git@github.com:acme/checks.git", "Write it as ssh://git@github.com/acme/checks.git."),
        ("https://me:secret@github.com/acme/checks.git", "contains a password or a token"),
        ("https://ghp_token@github.com/acme/checks.git", "contains a password or a token"),
        ("ssh://git:secret@github.com/acme/checks.git", "contains a password or a token"),
        ("ssh://-oProxyCommand=id/checks.git", "is no host"),
        ("ssh://-oProxyCommand=id@host/checks.git", "is no host"),
        ("https://github.com", "must end with the path"),
        ("https://github.com/acme/checks?token=1", "must end with the path"),
        ("https://github.com/a b", "without spaces"),
        ("https://github.com/a\n", "without spaces"),
        ("https://[::1/checks.git", "This is no URL"),
        ("https://github.com/" + "a" * 500, "at most 500 characters"),
    ],
)
def test_what_is_wrong_with_a_url_is_said(url: str, words: str) -> None:
    reason = wrong_url(url)
    assert words in reason
    assert "secret" not in reason


def test_plain_http_is_for_hosts_that_an_operator_names() -> None:
    url = "http://git.internal/checks.git"
    assert "not accepted" in wrong_url(url, http_hosts=["other.internal"])
    assert wrong_url(url, http_hosts=["git.internal"]) == ""
    assert "password" in wrong_url("http://a:b@git.internal/x", http_hosts=["git.internal"])


@pytest.mark.parametrize("ref", ["", "main", "feature/x-1", "v1.2.3", "0" * 40, "user@branch"])
def test_refs(ref: str) -> None:
    assert wrong_ref(ref) == ""
    assert is_commit(ref) is (len(ref) == 40)


@pytest.mark.parametrize("ref", ["-upload-pack=x", "a:b", "a..b", "a b", "+main", "~1", "x" * 201])
def test_refs_that_git_could_read_otherwise_are_refused(ref: str) -> None:
    assert "is no branch, tag or commit" in wrong_ref(ref)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/etc/passwd", "absolute"),
        ("C:/x", "absolute"),
        ("../x", "contains '.', '..'"),
        ("a/../../x", "contains '.', '..'"),
        ("a//b", "empty part"),
        ("./a", "contains '.'"),
        ("a\\..\\b", "backslash"),
        ("a\0b", "control character"),
        ("a" * 301, "more than 300 characters"),
    ],
)
def test_paths_outside_of_the_directory_are_refused(path: str, words: str) -> None:
    assert words in wrong_path(path)


def test_a_folder_may_be_empty() -> None:
    assert wrong_folder("") == ""
    assert wrong_folder("tests/gpu") == ""
    assert "absolute" in wrong_folder("/tests")

"""Who may ask: hosts, origins, tokens; and the headers that bind the page."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from pincel.studio.access import AccessPolicy, is_local
from pincel.studio.auth import _in_origin_form
from pincel.studio.server import address_of
from tests.studio.api.conftest import Visitor

TOKEN = "a-token-of-this-test"


@pytest.fixture
def stranger(visit: Callable[..., Visitor]) -> Visitor:
    """Return who visits a studio that others reach, too."""
    return visit(policy=AccessPolicy("0.0.0.0", 8765, TOKEN))


@pytest.mark.parametrize(
    "host",
    [
        "localhost:8765",
        "127.0.0.1:8765",
        "[::1]:8765",
        "LOCALHOST:8765",
        "localhost:8080",
        "127.0.0.1:9000",
        "[::1]:9000",
        "localhost",
        "localhost.:8765",
    ],
)
def test_names_of_this_machine_are_answered_to_on_whatever_port(host: str, visitor: Visitor) -> None:
    assert visitor.client.get("/api/runs", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:8765",
        "localhost.evil.example:8765",
        "127.0.0.1.evil.example",
        "127.0.0.1:8765@evil",
        "localhost:8765/@evil",
        "localhost:x",
        "10.0.0.1:8765",
        "[::2]:8765",
    ],
)
def test_other_names_are_not(host: str, visitor: Visitor) -> None:
    answer = visitor.client.get("/api/runs", headers={"host": host})
    assert answer.status_code == 403
    assert "does not answer to the name" in answer.json()["error"]["message"]
    if host.startswith("evil"):
        assert "start it with --allow-host evil.example." in answer.json()["error"]["message"]
    assert visitor.client.get("/", headers={"host": host}).status_code == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:9999", "https://localhost:8765", ""])
def test_pages_of_others_change_nothing(origin: str, visitor: Visitor) -> None:
    key = visitor.begin()
    for method, place in (
        ("POST", "/api/runs"),
        ("POST", f"/api/runs/{key}/cancel"),
        ("DELETE", f"/api/runs/{key}"),
        ("POST", "/api/pictures"),
    ):
        answer = visitor.client.request(method, place, headers={"origin": origin})
        assert answer.status_code == 403, place
        assert "may not change anything" in answer.json()["error"]["message"]
    assert visitor.ended(key)["state"] == "done"


def test_browsers_that_say_where_a_request_comes_from_are_believed(visitor: Visitor) -> None:
    answer = visitor.client.post("/api/runs", json={}, headers={"sec-fetch-site": "cross-site"})
    assert (answer.status_code, answer.json()["error"]["field"]) == (403, None)
    assert visitor.client.post("/api/runs", json={}, headers={"sec-fetch-site": "same-origin"}).status_code == 422


def test_a_page_at_another_port_of_this_machine_is_another_page(visitor: Visitor) -> None:
    for host, origin, status in (
        ("localhost:8080", "http://localhost:8080", 422),
        ("localhost:8765", "http://localhost:8080", 403),
        ("localhost:8080", "http://localhost:8765", 403),
        ("localhost:8765", "http://127.0.0.1:8765", 403),
        ("localhost", "http://localhost", 422),
        ("localhost", "http://localhost:80", 422),
        ("localhost", "https://localhost", 403),
    ):
        answer = visitor.client.post("/api/runs", json={}, headers={"host": host, "origin": origin})
        assert answer.status_code == status, (host, origin)


def test_the_page_itself_does_and_so_do_scripts(visitor: Visitor) -> None:
    body = {"content": "sample:lake", "styles": [{"picture": "sample:glass"}]}
    for headers in ({"origin": "http://localhost:8765"}, {}):
        assert visitor.client.post("/api/runs", json=body, headers=headers).status_code == 201


def test_the_page_is_bound_to_itself(visitor: Visitor) -> None:
    answer = visitor.client.get("/")
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize(
    "place", ["/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd", "/static/..%2fapp.py", "/etc/passwd", "//etc/passwd"]
)
def test_only_the_page_s_own_files_are_served(place: str, visitor: Visitor) -> None:
    assert visitor.client.get(place).status_code == 404
    assert visitor.client.get("/static/index.html").status_code == 200


def test_bound_elsewhere_a_token_is_asked_for(stranger: Visitor) -> None:
    refused = stranger.client.get("/api/runs")
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert "asks for its token" in refused.json()["error"]["message"]
    assert stranger.client.get("/").status_code == 401
    assert stranger.client.get("/static/js/app.js").status_code == 401
    for wrong in ("x", TOKEN[:-1], "ñ"):
        assert stranger.client.get("/", params={"token": wrong}).status_code == 401
        assert stranger.client.get("/api/runs", headers=[(b"authorization", f"Bearer {wrong}".encode())]).status_code == 401
    assert stranger.client.get("/api/runs", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert stranger.client.get("/api/runs", headers={"authorization": f"bearer  {TOKEN}"}).status_code == 200


def test_the_token_is_given_once_and_then_kept_in_a_cookie(stranger: Visitor) -> None:
    answer = stranger.client.get(f"/?a=1&token={TOKEN}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?a=1")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert stranger.client.get("/api/runs").status_code == 200
    # An address that begins with two slashes would be another host's.
    answer = stranger.client.get(f"//evil.example/?token={TOKEN}", follow_redirects=False)
    assert answer.headers.get("location", "/").startswith("/")
    assert not answer.headers.get("location", "/").startswith("//")


def test_with_a_token_too_the_name_must_be_this_machine_s(stranger: Visitor) -> None:
    bearer = {"authorization": f"Bearer {TOKEN}"}
    for host in ("192.168.1.7:8765", "192.168.1.7:8080", "[fe80::1]:80", f"{socket.gethostname()}:8080"):
        assert stranger.client.get("/api/runs", headers={"host": host, **bearer}).status_code == 200, host
        assert stranger.client.get("/api/runs", headers={"host": host}).status_code == 401, host
    assert stranger.client.get("/api/runs", headers={"host": "evil.example:8765", **bearer}).status_code == 403


@pytest.mark.parametrize(
    ("host", "alone"),
    [
        ("127.0.0.1", True),
        ("127.0.0.2", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.7", False),
        ("studio.example", False),
    ],
)
def test_a_token_is_made_where_others_reach_it(host: str, alone: bool) -> None:
    assert is_local(host) is alone
    policy = AccessPolicy.at(host, 9000)
    assert bool(policy.token) is not alone
    assert ("?token=" in address_of(policy)) is not alone
    assert AccessPolicy.at("0.0.0.0", 1).token != AccessPolicy.at("0.0.0.0", 1).token
    assert AccessPolicy.at(host, 9000, shared=True).token
    assert policy.allows_host(f"[{host}]:9000" if ":" in host else f"{host}:9000")


def test_what_checks_ask_without_a_body_is_answered(visitor: Visitor) -> None:
    for path in ("/", "/api/runs"):
        answer = visitor.client.head(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == visitor.client.get(path).headers["content-type"]


@pytest.mark.parametrize(
    ("target", "path", "host"),
    [
        ("http://localhost:8765/api/runs", "/api/runs", b"localhost:8765"),
        ("http://localhost:8765", "/", b"localhost:8765"),
        ("https://evil.example/x", "/x", b"evil.example"),
        ("/api/runs", "/api/runs", b"localhost"),
        ("//evil.example/x", "//evil.example/x", b"localhost"),
        ("javascript://localhost/x", "javascript://localhost/x", b"localhost"),
    ],
)
def test_a_target_that_names_a_host_is_for_that_host(target: str, path: str, host: bytes) -> None:
    found = _in_origin_form({"type": "http", "path": target, "raw_path": target.encode(), "headers": [(b"host", b"localhost")]})
    assert (found["path"], dict(found["headers"])[b"host"]) == (path, host)

"""Behind a port mapping, a tunnel, a reverse proxy: other names, another scheme, a path before all others."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pincel.errors import OptionError
from pincel.studio.access import AccessPolicy, HostPort, allowed_host, root_path
from pincel.studio.server import address_of
from tests.studio.api.conftest import Visitor

NAME = "paint.example.org"
BEARER = {"authorization": "Bearer a-token"}


@pytest.fixture
def proxied(visit: Callable[..., Visitor]) -> Visitor:
    """Return who visits a studio that a proxy serves below /paint, at a name with any port, and at another with one."""
    return visit(policy=AccessPolicy(token="a-token", allowed=(HostPort(NAME), HostPort("other.example.org", 8443)), root="/paint"))


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (NAME, 200),
        (f"{NAME}:443", 200),
        ("Paint.Example.Org:8080", 200),
        ("other.example.org:8443", 200),
        ("other.example.org", 403),
        ("other.example.org:8080", 403),
        (f"evil.{NAME}", 403),
        ("example.org", 403),
        ("localhost:8765", 200),
    ],
)
def test_names_that_were_allowed_are_answered_to(host: str, status: int, proxied: Visitor) -> None:
    assert proxied.client.get("/api/runs", headers={"host": host, **BEARER}).status_code == status


@pytest.mark.parametrize(
    ("origin", "host", "taken"),
    [
        # The proxy passes on the name, and ends https itself.
        (f"https://{NAME}", NAME, True),
        (f"http://{NAME}:8080", f"{NAME}:8080", True),
        ("https://other.example.org:8443", "other.example.org:8443", True),
        # It puts its own name for the studio there.
        (f"https://{NAME}", "127.0.0.1:8765", True),
        (f"http://{NAME}", "127.0.0.1:8765", True),
        (f"https://{NAME}:8443", "127.0.0.1:8765", True),
        ("https://other.example.org:8443", "localhost:8765", True),
        ("https://other.example.org", "localhost:8765", False),
        # Neither is what the page of another site says.
        ("https://evil.example", NAME, False),
        (f"https://evil.{NAME}", NAME, False),
        (f"https://{NAME}.evil.example", NAME, False),
        (f"https://{NAME}@evil.example", NAME, False),
        (f"ftp://{NAME}", NAME, False),
        (f"{NAME}", NAME, False),
        ("null", NAME, False),
        ("", NAME, False),
    ],
)
def test_the_page_at_a_name_that_was_allowed_may_change_things(origin: str, host: str, taken: bool, proxied: Visitor) -> None:
    answer = proxied.client.post("/api/runs", json={}, headers={"host": host, "origin": origin, **BEARER})
    assert answer.status_code == (422 if taken else 403), answer.text


def test_the_message_says_which_option_lets_a_proxy_s_page_in(visitor: Visitor) -> None:
    answer = visitor.client.post("/api/runs", json={}, headers={"origin": f"https://{NAME}:8443"})
    assert answer.status_code == 403
    assert f"start it with --allow-host {NAME}:8443." in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("name", "asked"), [("localhost:8080", False), ("127.0.0.1", False), ("[::1]:80", False), (NAME, True), ("10.0.0.1", True)]
)
def test_the_token_is_asked_for_with_any_name_but_this_machine_s(name: str, asked: bool) -> None:
    policy = AccessPolicy.at("127.0.0.1", 8765, (allowed_host("localhost:9000"), allowed_host(name)))
    assert bool(policy.token) is asked


@pytest.mark.parametrize("before", ["", "/paint"], ids=["taken away", "left"])
def test_everything_is_below_the_path_whether_the_proxy_takes_it_away_or_not(before: str, proxied: Visitor) -> None:
    proxied.client.headers |= {"host": NAME, "origin": f"https://{NAME}"}
    welcome = proxied.client.get(f"{before}/?token=a-token&a=1", follow_redirects=False)
    assert (welcome.status_code, welcome.headers["location"]) == (303, "/paint/?a=1")
    assert "Path=/paint;" in welcome.headers["set-cookie"]
    proxied.client.headers |= BEARER
    page = proxied.client.get(f"{before}/")
    assert "<title>pincel</title>" in page.text
    assert "default-src" in page.headers["content-security-policy"]
    assert proxied.client.get(f"{before}/static/js/app.js").status_code == 200
    assert proxied.client.get(f"{before}/api/openapi.json").json()["servers"] == [{"url": "/paint"}]
    upload = proxied.client.post(f"{before}/api/pictures", files={"file": ("a.png", b"")})
    assert (upload.status_code, upload.json()["error"]["field"]) == (415, "file")
    body = {"content": "sample:lake", "styles": [{"picture": "sample:glass"}], "settings": {"steps": 1}}
    run = proxied.client.post(f"{before}/api/runs", json=body)
    assert run.status_code == 201
    key = run.json()["id"]
    events = proxied.client.get(f"{before}/api/runs/{key}/events")
    assert events.text.rstrip().rpartition("event: ")[2].startswith("end")
    assert proxied.client.get(f"{before}/api/runs/{key}/result.png").status_code == 200
    assert proxied.client.get(f"{before}/nothing").status_code == 404


def test_the_path_alone_leads_to_the_page(proxied: Visitor) -> None:
    answer = proxied.client.get("/paint?a=1", headers=BEARER, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "/paint/?a=1")
    answer = proxied.client.get("/paint?token=a-token", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/paint")
    for beside in ("/painting", "/paint.txt", "/paint/../api/../x"):
        assert proxied.client.get(beside, headers=BEARER).status_code == 404, beside


def test_a_picture_that_is_sent_for_another_is_found_below_the_path(proxied: Visitor) -> None:
    # Nothing is painted of it yet: its photograph is shown.
    body = {"content": "sample:lake", "styles": [{"picture": "sample:glass"}], "settings": {"steps": 1, "seed": 1}}
    key = proxied.client.post("/api/runs", json=body, headers=BEARER).json()["id"]
    answer = proxied.client.get(f"/paint/api/runs/{key}/thumb.webp", headers=BEARER, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "../../samples/lake/thumb.webp")
    assert proxied.client.get(f"/paint/api/runs/{key}/thumb.webp", headers=BEARER).headers["content-type"] == "image/webp"


def test_a_cookie_given_by_https_is_for_https_alone(proxied: Visitor) -> None:
    ask = "/?token=a-token"
    assert "Secure" not in proxied.client.get(ask, follow_redirects=False).headers["set-cookie"]
    # As uvicorn says it when a proxy of this machine does.
    assert "Secure" in proxied.client.get(f"https://localhost{ask}", follow_redirects=False).headers["set-cookie"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Paint.Example.org", HostPort(NAME)),
        ("paint.example.org:8443", HostPort(NAME, 8443)),
        ("[::1]:80", HostPort("::1", 80)),
        ("192.168.1.7", HostPort("192.168.1.7")),
        ("pintura.españa.example", HostPort("pintura.xn--espaa-rta.example")),
    ],
)
def test_a_name_is_read_as_it_is_written(text: str, found: HostPort) -> None:
    assert allowed_host(text) == found
    assert HostPort.read(str(found)) == found


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("https://paint.example.org/x", "paint.example.org"),
        ("*", "paint.example.org"),
        ("*.example.org", "paint.example.org"),
        ("", "paint.example.org"),
        ("studio.example:99999", "paint.example.org"),
        ("studio.example/paint", "studio.example"),
        ("a.example,b.example:1x", "paint.example.org"),
    ],
)
def test_what_is_no_name_is_refused(text: str, hint: str) -> None:
    with pytest.raises(OptionError, match="not a host name") as caught:
        allowed_host(text)
    assert str(caught.value).endswith(f"try: {hint}")


def test_a_path_is_read_with_or_without_its_slashes() -> None:
    assert [root_path(text) for text in ("/paint", "paint/", "/a/b-c_1.2~/", "/", "")] == ["/paint", "/paint", "/a/b-c_1.2~", "", ""]
    for text in ("/a//b", "/../etc", "/a?b", "https://x/", "/a b", "/.hidden", "/á"):
        with pytest.raises(OptionError, match="not a path"):
            root_path(text)


def test_the_address_that_is_printed_has_the_path() -> None:
    assert address_of(AccessPolicy(root="/paint")) == "http://localhost:8765/paint/"
    assert address_of(AccessPolicy(token="x", root="/paint")) == "http://localhost:8765/paint/?token=x"

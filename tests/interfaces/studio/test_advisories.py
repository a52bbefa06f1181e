"""What happened to programs like this one, tried on this one: a test for each advisory, named by it.

Where pincel has nothing of the kind, the test says so by the table of routes: what can be asked of the studio, parameter by parameter.
"""

from __future__ import annotations

import ast
import io
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import pytest
from fastapi.testclient import TestClient
from PIL import Image, PngImagePlugin
from pydantic import JsonValue
from starlette.routing import BaseRoute, Mount, Route

import pincel.studio
from pincel.recipes import INVERSIONS, RECIPES
from pincel.recipes.schema import NAMES, Recipe
from pincel.studio.access import AccessPolicy, HostPort
from pincel.studio.app import make_app
from pincel.studio.checks import check_settings
from pincel.studio.data_dir import DataDir
from pincel.studio.errors import ApiError
from pincel.studio.limits import Limits
from pincel.studio.studies import STUDIES, check_study
from tests.studio.api.conftest import STUB, Visitor, file_of

SCRIPT = b"<script>alert(document.cookie)</script>"
HTML = b"<!doctype html><html><body>" + SCRIPT + b"</body></html>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
# What a page of any site can send without being asked whether it may.
SIMPLE = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain; application/json", "")
PATHS = (
    "/etc/passwd",
    "//etc/passwd",
    "../../../../etc/passwd",
    "..\\..\\..\\windows\\win.ini",
    "\\windows\\win.ini",
    "/windows/win.ini",
    "C:\\windows\\win.ini",
    "\\\\attacker.example\\share\\x.pt",
    "~/.ssh/id_rsa",
    "/proc/self/environ",
    "file:///etc/passwd",
    "http://169.254.169.254/latest/meta-data",
    "https://attacker.example/model.ckpt",
    "sample:../../etc/passwd",
    "....//....//etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "x\0/../../etc/passwd",
)
# Every parameter there is, of every route, and what it can be.
PARAMETERS = {
    ("path", "key"): "the id of a run or a picture, by a pattern of hexadecimal digits",
    ("path", "name"): "the name of a sample or of a file of a study's page, compared with those that are there",
    ("query", "v"): "a number",
    ("query", "download"): "yes or no",
    ("query", "state"): "one of six words",
    ("query", "kind"): "one of three words",
    ("query", "lang"): "one of two words",
    ("query", "recipe"): "compared with what runs have",
    ("query", "since"): "a time",
    ("query", "until"): "a time",
    ("query", "q"): "words compared with titles",
    ("query", "limit"): "a number",
    ("query", "before"): "the id of a run",
    ("header", "Last-Event-ID"): "compared with the number of the last event",
    ("form", "file"): "the bytes of a picture",
    ("form", "name"): "what to call it, shown and never opened",
    ("json", "content"): "the id of a picture or the name of a sample",
    ("json", "styles"): "ids of pictures or names of samples, with numbers",
    ("json", "recipe"): "a name compared with the recipes of the package",
    ("json", "settings"): "values of a recipe, each checked by its schema; none names a file",
    ("json", "content_mask"): "the id of a picture",
    ("json", "style_masks"): "ids of pictures",
    ("json", "study"): "a name compared with the studies of the package",
    ("json", "pictures"): "ids of pictures or names of samples",
    ("json", "options"): "values of a study, each checked by its table; none names a file",
    ("json", "steps"): "a number",
    ("json", "picture"): "the id of a picture or the name of a sample",
    ("json", "painting"): "the id of a picture or the name of a sample",
    ("json", "lang"): "one of two words",
    ("json", "pages"): "names compared with the pages of the course",
}


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    """Return who visits a studio with a picture, a run and a study in it."""
    home = tmp_path_factory.mktemp("home")
    with TestClient(make_app(DataDir(home), Limits(), AccessPolicy(), STUB), base_url="http://localhost:8765") as client:
        made = Visitor(client, home)
        asked = {"study": "activations", "pictures": ["sample:lake"], "options": {}}
        study = client.post("/api/studies", json=asked).json()["id"]
        made.ids = [made.picture(), made.painted()["id"], made.ended(study)["id"]]
        yield made


def routes(visitor: Visitor) -> dict[str, dict[str, Any]]:
    """Return the description of every path of the API, and make sure that it leaves out nothing that is answered."""
    described: dict[str, dict[str, Any]] = visitor.client.get("/api/openapi.json").json()["paths"]
    app: Any = visitor.client.app

    def flat(found: list[BaseRoute]) -> Iterator[str]:
        for each in found:
            inner = getattr(each, "routes", None)
            if isinstance(each, (Mount, Route)):
                yield each.path
            elif inner:
                yield from flat(inner)

    assert set(flat(app.routes)) - set(described) <= {"/", "/static", "/api/openapi.json"}
    return described


def places(visitor: Visitor) -> list[tuple[str, str]]:
    """Return (method, path) of every route that changes something, with ids of what there is."""
    picture, run, _ = visitor.ids
    found = []
    for path, methods in routes(visitor).items():
        key = picture if path.startswith("/api/pictures") else run
        found += [(method.upper(), path.replace("{key}", key)) for method in methods if method in ("post", "put", "patch", "delete")]
    assert len(found) == 10
    return found


def parameters(visitor: Visitor) -> set[tuple[str, str]]:
    """Return (where it is, its name) of every parameter of every route."""
    schemas = visitor.client.get("/api/openapi.json").json()["components"]["schemas"]
    found = set()
    for methods in routes(visitor).values():
        for told in methods.values():
            found |= {(each["in"], each["name"]) for each in told.get("parameters", [])}
            for kind, body in told.get("requestBody", {}).get("content", {}).items():
                schema = schemas[body["schema"]["$ref"].rpartition("/")[2]]
                found |= {("form" if "form" in kind else "json", name) for name in schema["properties"]}
    return found


def holds(visitor: Visitor) -> set[str]:
    """Return what is in the studio's home."""
    return {str(path.relative_to(visitor.home)) for path in visitor.home.rglob("*")}


def refused_everywhere(visitor: Visitor, headers: dict[str, str], status: int, body: bytes = b"{}") -> None:
    """Ask for every change there is, and make sure that each is refused and nothing has changed."""
    before = holds(visitor)
    for method, path in places(visitor):
        answer = visitor.client.request(method, path, content=body, headers=headers)
        assert answer.status_code == status, (method, path, headers, answer.text)
        assert "access-control-allow-origin" not in answer.headers
    assert holds(visitor) == before


@pytest.mark.parametrize("site", ["https://attacker.example", "http://localhost:3000", "http://localhost:8765.attacker.example"])
def test_comfyui_cve_2024_10481_a_page_of_another_site_sends_what_it_likes(site: str, visitor: Visitor) -> None:
    refused_everywhere(visitor, {"origin": site, "content-type": "application/json"}, 403)
    # The question whether it may, which browsers put first, is not answered with yes.
    for _, path in places(visitor):
        answer = visitor.client.options(path, headers={"origin": site, "access-control-request-method": "POST"})
        assert not any(name.startswith("access-control-") for name in answer.headers)


def test_comfyui_cve_2026_56674_the_origin_is_null_or_left_out(visitor: Visitor) -> None:
    # A frame in a sandbox says null; a browser that leaves the origin out still says that the site is another one.
    refused_everywhere(visitor, {"origin": "null", "content-type": "application/json"}, 403)
    for site in ("cross-site", "same-site", "nonsense"):
        refused_everywhere(visitor, {"sec-fetch-site": site, "content-type": "application/json"}, 403)


@pytest.mark.parametrize(
    "host", ["attacker.example:8765", "attacker.example", "localhost.attacker.example:8765", "0.0.0.0:8765", "[::]:8765", ""]
)
def test_comfyui_12860_a_name_of_the_attacker_s_is_bound_to_this_machine(host: str, visitor: Visitor) -> None:
    # Host and Origin agree then, and a GET has no Origin at all: the name itself must be known.
    refused_everywhere(visitor, {"host": host, "origin": f"http://{host}", "content-type": "application/json"}, 403)
    for path in ("/", "/api/runs", "/api/pictures", "/api/events", "/static/js/app.js", "/api/openapi.json", "/?token=x"):
        assert visitor.client.get(path, headers={"host": host}).status_code == 403, path


def upload(visitor: Visitor, data: bytes, name: str, kind: str) -> Any:
    return visitor.client.post("/api/pictures", files={"file": (name, data, kind)})


@pytest.mark.parametrize(("name", "kind"), [("page.html", "text/html"), ("page.png", "image/png"), ("page.htm", "image/svg+xml")])
def test_comfyui_cve_2024_10099_a_page_is_uploaded_and_served(name: str, kind: str, visitor: Visitor) -> None:
    before = holds(visitor)
    assert upload(visitor, HTML, name, kind).status_code == 415
    assert holds(visitor) == before


@pytest.mark.parametrize("data", [SVG, b"\xef\xbb\xbf" + SVG, b"<svg/onload=alert(1)>", b"GIF89a" + SVG])
def test_comfyui_cve_2026_56670_a_drawing_with_a_script_is_uploaded_and_served(data: bytes, visitor: Visitor) -> None:
    before = holds(visitor)
    for name, kind in (("drawing.svg", "image/svg+xml"), ("drawing.png", "image/png")):
        assert upload(visitor, data, name, kind).status_code == 415
    assert holds(visitor) == before


def test_comfyui_cve_2026_56672_a_browser_takes_a_picture_for_a_page(visitor: Visitor) -> None:
    told = PngImagePlugin.PngInfo()
    told.add_text("Comment", SCRIPT.decode())
    png, jpeg = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (8, 8)).save(png, "PNG", pnginfo=told)
    Image.new("RGB", (8, 8)).save(jpeg, "JPEG", comment=SCRIPT)
    name = f"{SCRIPT.decode()}.html"
    for data in (png.getvalue(), jpeg.getvalue(), file_of(8, 8) + HTML):
        view = upload(visitor, data, name, "text/html").json()
        kept = visitor.home / "pictures" / view["id"]
        assert {path.suffix for path in kept.iterdir()} <= {".png", ".jpg", ".webp", ".json"}
        for small, kind in (("view.jpg", "image/jpeg"), ("thumb.webp", "image/webp")):
            answer = visitor.client.get(f"/api/pictures/{view['id']}/{small}")
            assert (answer.headers["content-type"], answer.headers["x-content-type-options"]) == (kind, "nosniff")
            assert b"script" not in answer.content
        # The file as it was sent is not sent back at all.
        for path in ("original.png", "original.jpg", "original.html", name):
            assert visitor.client.get(f"/api/pictures/{view['id']}/{quote(path)}").status_code == 404
    # Where its name is told, it is told as JSON.
    assert visitor.client.get("/api/pictures").headers["content-type"] == "application/json"


def test_what_is_served_says_of_which_kind_it_is_and_is_bound(visitor: Visitor) -> None:
    _, run, study = visitor.ids
    for path in (
        "/",
        "/api/runs",
        f"/api/runs/{run}/result.png",
        f"/api/runs/{study}/page/",
        "/nothing",
        "/static/js/app.js",
        "/api/runs/x",
    ):
        answer = visitor.client.get(path)
        assert answer.headers["x-content-type-options"] == "nosniff", path
        policy = answer.headers["content-security-policy"]
        assert policy.startswith(("default-src 'self'", "sandbox allow-scripts")), path
        assert "allow-same-origin" not in policy
    # Of a page that a study has written, only such files are given.
    assert visitor.client.get(f"/api/runs/{study}/page/secret.txt").status_code == 404


def test_comfyui_cve_2026_56671_the_name_of_an_upload_is_a_path(visitor: Visitor) -> None:
    outside, data = set(visitor.home.parent.iterdir()), file_of(8, 8, seed=1)
    for name in (*PATHS, ".", "..", "nul", "a" * 300):
        for answer in (
            upload(visitor, data, name, "image/png"),
            visitor.client.post("/api/pictures", files={"file": ("a.png", data)}, data={"name": name}),
        ):
            assert answer.status_code in (200, 201), answer.text
            assert not set(answer.json()["name"]) & set("/\\\0")
            kept = {path.name for path in (visitor.home / "pictures" / answer.json()["id"]).iterdir()}
            assert kept == {"original.png", "picture.json", "thumb.webp", "view.jpg"}
    assert set(visitor.home.parent.iterdir()) == outside


@pytest.mark.parametrize("path", PATHS)
def test_comfyui_cve_2026_56673_the_name_of_what_is_read_or_deleted_is_a_path(path: str, visitor: Visitor) -> None:
    _, run, study = visitor.ids
    before = holds(visitor)
    for given in (quote(path, safe=""), quote(path), path.replace("\0", "%00").replace("?", "")):
        for where in (
            f"/api/pictures/{given}",
            f"/api/pictures/{given}/view.jpg",
            f"/api/runs/{given}",
            f"/api/runs/{given}/record.json",
            f"/api/runs/{run}/{given}",
            f"/api/runs/{study}/page/{given}",
            f"/api/samples/{given}.jpg",
            f"/static/{given}",
            f"/{given}",
        ):
            assert visitor.client.get(where).status_code in (404, 405, 422), where
        for where in (f"/api/pictures/{given}", f"/api/runs/{given}"):
            assert visitor.client.delete(where).status_code in (404, 405, 422), where
    assert holds(visitor) == before


@pytest.mark.parametrize("kind", SIMPLE)
def test_comfyui_manager_2818_a_form_of_another_site_is_sent(kind: str, visitor: Visitor) -> None:
    # Older browsers send forms without an origin. What they can send is of no kind that is taken; the upload alone takes one.
    before = holds(visitor)
    for method, path in places(visitor):
        if path == "/api/pictures" and kind.startswith("multipart"):
            continue
        answer = visitor.client.request(method, path, content=b'{"steps": 1}', headers={"content-type": kind})
        assert answer.status_code == 415, (method, path)
        assert "takes application/json" in answer.text or path == "/api/pictures"
    assert holds(visitor) == before


def test_comfyui_manager_2818_a_request_without_a_kind_brings_nothing(visitor: Visitor) -> None:
    before = holds(visitor)
    for method, path in places(visitor):
        # Bytes without a kind; and bytes that are not announced.
        assert visitor.client.request(method, path, content=b"{}").status_code == 415, (method, path)
        assert visitor.client.request(method, path, content=iter([b"{}"])).status_code == 415, (method, path)
    assert holds(visitor) == before
    # Proxies drop the kind of what is empty.
    assert visitor.client.post(f"/api/runs/{visitor.ids[1]}/cancel").status_code == 409
    assert visitor.client.post("/api/runs", content=b"{}", headers={"content-type": "Application/JSON; charset=utf-8"}).status_code == 422


def test_gradio_cve_2024_1561_a_function_of_the_program_is_called_to_read_a_file(visitor: Visitor) -> None:
    # There is no parameter that names a function, a class or a file; a new one has to be thought about here.
    assert parameters(visitor) == set(PARAMETERS)
    for path in ("/component_server", "/gradio_api/component_server", "/api/component_server"):
        assert visitor.client.post(path, json={"fn_name": "move_resource_to_block_cache", "data": "/etc/passwd"}).status_code == 404


@pytest.mark.parametrize("path", PATHS)
def test_gradio_cve_2023_51449_a_route_serves_files_by_their_path(path: str, visitor: Visitor) -> None:
    given = quote(path, safe="")
    for where in (
        f"/file={given}",
        f"/api/file={given}",
        f"/file/{given}",
        f"/api/files?path={given}",
        f"/proxy={given}",
        f"/?file={given}",
    ):
        answer = visitor.client.get(where)
        assert answer.status_code == (200 if where.startswith("/?") else 404), where
        assert "root:" not in answer.text


@pytest.mark.parametrize("path", ["/windows/win.ini", "\\windows\\win.ini", "C:windows\\win.ini", "//?/C:/windows/win.ini"])
def test_gradio_cve_2026_28414_a_path_is_absolute_on_windows_alone(path: str, visitor: Visitor) -> None:
    # No path is made of a parameter: each has a pattern without separators, and what it stands for is looked up among what there is.
    for described, methods in routes(visitor).items():
        assert ":path" not in described
        for told in methods.values():
            for each in told.get("parameters", []):
                if each["in"] == "path":
                    assert each["schema"]["pattern"].startswith("^"), described
                    assert not set(each["schema"]["pattern"]) & set("/\\") - set("\\w"), described
    given = quote(path, safe="")
    for where in (f"/static/{given}", f"/api/samples/{given}.jpg", f"/api/runs/{visitor.ids[2]}/page/{given}"):
        assert visitor.client.get(where).status_code in (404, 422), where


def test_gradio_cve_2026_28416_the_server_is_made_to_ask_another_one(visitor: Visitor) -> None:
    # No parameter is an address, and nothing in the room of the studio can ask for one.
    assert not [name for _, name in parameters(visitor) if name in ("url", "uri", "href", "src", "address", "host", "proxy", "callback")]
    asking = {"urllib.request", "http.client", "httpx", "requests", "aiohttp", "urllib3", "websockets", "pincel.backbones.fetch"}
    for file in Path(pincel.studio.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not asking & set(names), (file.name, names)


@pytest.mark.parametrize("root", ["", "/paint"])
@pytest.mark.parametrize(
    "path",
    [
        "//attacker.example/",
        "/\\attacker.example/",
        "/%2f%2fattacker.example/",
        "/%5cattacker.example",
        "///attacker.example/..",
        "/.//attacker.example",
        "/?next=https://attacker.example",
        "/@attacker.example",
        "/paint//attacker.example/",
        "/paint/%0d%0aLocation:%20https://attacker.example",
    ],
)
def test_gradio_cve_2024_4940_the_token_s_redirect_leads_to_another_site(path: str, root: str, tmp_path: Path) -> None:
    policy = AccessPolicy(token="a-token", allowed=(HostPort("paint.example.org"),), root=root)
    client = TestClient(make_app(DataDir(tmp_path), Limits(), policy, STUB), base_url="http://localhost:8765")
    request = client.build_request("GET", "/")
    request.url = request.url.copy_with(raw_path=f"{path}{'&' if '?' in path else '?'}token=a-token".encode())
    answer = client.send(request, follow_redirects=False)
    assert answer.status_code == 303
    place = answer.headers["location"]
    assert urlsplit(urljoin("http://localhost:8765/", place)).netloc == "localhost:8765"
    assert place.startswith("/")
    assert place[1:2] not in ("/", "\\")
    assert "a-token" not in place


def test_invokeai_cve_2024_12029_a_model_of_the_attacker_s_is_loaded(visitor: Visitor) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return print, ("loaded",)

    before = holds(visitor)
    for data in (pickle.dumps(Evil()), b"PK\x03\x04" + pickle.dumps(Evil())):
        assert upload(visitor, data, "model.ckpt", "application/octet-stream").status_code == 415
    for path in (*PATHS, "model.ckpt", "model.pt", "inputs/content.png", visitor.ids[0]):
        for setting in ({"backbone": path}, {"init": path}, {"init": f"feedforward={path}"}, {"calibration": path}):
            answer = visitor.paint(settings=setting)
            assert (answer.status_code, answer.json()["error"]["field"]) == (422, next(iter(setting))), setting
    assert holds(visitor) == before
    for path in ("/api/v2/models/install", "/api/models", "/api/weights"):
        assert visitor.client.post(path, json={"source": "https://attacker.example/model.ckpt"}).status_code == 404


@pytest.mark.parametrize(
    "name", ["..\\..\\..\\secret.txt", "../../run.json", "..", "index.html/../../run.json", "run.json", "index.html\0.png"]
)
def test_invokeai_ghsa_vv9c_xxg7_wmv7_what_is_downloaded_is_outside_its_folder(name: str, visitor: Visitor) -> None:
    answer = visitor.client.get(f"/api/runs/{visitor.ids[2]}/page/{quote(name, safe='').replace('.', '%2e')}")
    assert answer.status_code in (404, 422), answer.text
    assert visitor.client.get(f"/api/runs/{visitor.ids[2]}/page/index.html").status_code == 200


@pytest.mark.parametrize("field", [field for field in Recipe.model_fields if field not in NAMES])
def test_automatic1111_a_setting_of_a_run_reads_or_writes_a_file(field: str, visitor: Visitor) -> None:
    for path in PATHS:
        values: list[JsonValue] = [path, [path], {path: 1}, {"gram": path}, f"{path}=1", f"gram={path}"]
        for value in values:
            with pytest.raises(ApiError) as caught:
                check_settings("pincel", {field: value})
            assert (caught.value.status, caught.value.field) == (422, field), value
    before = holds(visitor)
    assert visitor.paint(settings={field: PATHS[0]}).status_code == 422
    assert holds(visitor) == before


def test_automatic1111_what_is_asked_for_reads_or_writes_a_file(visitor: Visitor) -> None:
    before = holds(visitor)
    for path in PATHS:
        for asked in (
            {"content": path},
            {"styles": [{"picture": path}]},
            {"recipe": path},
            {"content_mask": path},
            {"style_masks": [path]},
        ):
            assert visitor.paint(**asked).status_code == 422, asked
        assert visitor.client.post("/api/studies", json={"study": path}).status_code == 422
        assert visitor.client.post("/api/studies", json={"study": "activations", "pictures": [path]}).status_code == 422
        for view in STUDIES.values():
            pictures = ["sample:lake"] * sum(not role.optional for role in view.takes.pictures)
            for option in view.options:
                with pytest.raises(ApiError) as caught:
                    check_study(view.name, pictures, {option.name: path}, [*RECIPES, *INVERSIONS])
                assert (caught.value.status, caught.value.field) == (422, option.name)
    for key in ("output", "o", "preview", "checkpoint", "record", "device", "sheet", "keep", "weights", "recipe", "content-mask"):
        assert visitor.paint(settings={key: "x.png"}).status_code == 422, key
    assert holds(visitor) == before

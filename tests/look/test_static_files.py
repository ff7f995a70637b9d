"""What browsers are sent: small, and of a known origin."""

import base64
import hashlib
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.unpacked import body_of
from ticketing.config import PROJECT
from ticketing.web.around import packing
from ticketing.web.around.assets import static_url

STATIC = PROJECT / "static"


@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_stylesheets_and_scripts_are_sent_packed_and_kept_for_a_year(
    client: FlaskClient, encoding: str
) -> None:
    url = address_of(client, "app.css")
    plain = client.get(url)
    packed = client.get(url, headers={"Accept-Encoding": encoding})
    for answer in (plain, packed):
        assert body_of(answer) == packing.file_at(STATIC / "app.css").plain
        assert answer.mimetype == "text/css"
        assert "immutable" in answer.headers["Cache-Control"]
        assert "Accept-Encoding" in answer.vary
        again = client.get(
            url, headers={"Accept-Encoding": encoding, "If-None-Match": answer.headers["ETag"]}
        )
        assert again.status_code == (304 if answer is packed else 200)
    assert packed.headers["Content-Encoding"] == encoding
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert len(packed.data) < len(plain.data) / 2
    assert "Content-Encoding" not in plain.headers


def test_a_picture_is_sent_as_it_is(client: FlaskClient) -> None:
    answer = client.get(address_of(client, "preview.png"), headers={"Accept-Encoding": "br, gzip"})
    assert answer.data == (STATIC / "preview.png").read_bytes()
    assert answer.mimetype == "image/png"
    assert "immutable" in answer.headers["Cache-Control"]
    assert "Content-Encoding" not in answer.headers
    assert not answer.vary


def test_what_a_former_version_meant_is_not_kept(client: FlaskClient) -> None:
    """Its pages ask for files by marks that ours don't have; for a year that would be wrong."""
    for address in ("/static/app.css?v=0123456789ab", "/static/app.css?v=", "/static/app.css"):
        answer = client.get(address)
        assert answer.data == packing.file_at(STATIC / "app.css").plain
        assert answer.headers["Cache-Control"] == "no-cache"


def test_a_changed_file_is_sent_at_once(
    app: Flask, client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "static_folder", str(tmp_path))
    style, old = tmp_path / "a.css", []
    for words in (".one {}", ".two {}"):
        style.write_text(words)
        url = address_of(client, "a.css")
        assert body_of(client.get(url, headers={"Accept-Encoding": "br"})) == words.encode()
        assert "immutable" in client.get(url).headers["Cache-Control"]
        assert url not in old
        old.append(url)
    assert client.get(old[0]).headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["", "vendor", "nothing.css", "../app.py", "%2e%2e/app.py", "..%2fapp.py", "%00"]
)
def test_nothing_else_is_sent(client: FlaskClient, path: str) -> None:
    assert client.get(f"/static/{path}").status_code == 404


def address_of(client: FlaskClient, name: str) -> str:
    with client.application.test_request_context():
        return static_url(name)


def test_stylesheets_and_scripts_are_sent_without_their_comments(
    app: Flask, client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "static_folder", str(tmp_path))
    (tmp_path / "a.css").write_text("/* why\n */\n.one { color: red; } /* how */\n.two {}\n")
    (tmp_path / "a.js").write_text(
        "// why\nlet a = 'http://b'\n  // how\n\n  a = 'c // d'\n  a += 2 // or 3\n"
    )
    assert sent(client, "a.css") == b".one { color: red; } .two {}\n"
    assert sent(client, "a.js") == b"let a = 'http://b'\n\n  a = 'c // d'\n  a += 2\n"


@pytest.mark.parametrize("script", sorted(STATIC.rglob("*.js")), ids=lambda path: path.name)
def test_no_text_in_a_script_is_taken_for_a_comment(client: FlaskClient, script: Path) -> None:
    name = str(script.relative_to(STATIC))
    if script.parent.name == "vendor":
        assert sent(client, name) == script.read_bytes()
    else:  # a text of several lines might hold what looks like one
        assert all(line.count("`") % 2 == 0 for line in script.read_text().splitlines())


def sent(client: FlaskClient, name: str) -> bytes:
    return client.get(address_of(client, name)).data


def test_the_overviews_own_code_is_light() -> None:
    files = (packing.file_at(STATIC / name) for name in ("app.css", "app.js", "live.js"))
    weight = sum(len(file.packed["gzip"]) for file in files)
    assert weight <= 10_600


def test_vendored_files_are_the_ones_that_were_written_down() -> None:
    written = (STATIC / "vendor" / "README.md").read_text()
    scripts = list((STATIC / "vendor").glob("*.js"))
    assert scripts
    for script in scripts:
        digest = base64.b64encode(hashlib.sha384(script.read_bytes()).digest()).decode()
        assert f"`{script.name}`" in written
        assert f"sha384-{digest}" in written
        assert script.name in (PROJECT / "templates" / "base.html").read_text()


def test_htmx_is_version_2() -> None:
    htmx = next((STATIC / "vendor").glob("htmx-*.js"))
    assert re.search(r'version:"2\.0\.\d+"', htmx.read_text())

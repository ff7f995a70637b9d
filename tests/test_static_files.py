"""What browsers are sent: small, and of a known origin."""

import base64
import gzip
import hashlib
import re

from flask.testing import FlaskClient

from ticketing.config import PROJECT
from ticketing.web.assets import static_url

STATIC = PROJECT / "static"


def test_stylesheets_and_scripts_are_sent_compressed_and_kept_for_a_year(
    client: FlaskClient,
) -> None:
    with client.application.test_request_context():
        url = static_url("app.css")
    answer = client.get(url, headers={"Accept-Encoding": "gzip, br"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert "immutable" in answer.headers["Cache-Control"]
    assert gzip.decompress(answer.data) == (STATIC / "app.css").read_bytes()
    plain = client.get(url)
    assert "Content-Encoding" not in plain.headers
    assert plain.data == (STATIC / "app.css").read_bytes()


def test_the_overviews_own_code_is_light() -> None:
    weight = sum(
        len(gzip.compress((STATIC / name).read_bytes(), 9)) for name in ("app.css", "app.js")
    )
    assert weight <= 9000


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

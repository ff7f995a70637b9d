"""Reading what is handed over as a phone would: nothing is believed that isn't signed."""

import base64
import hashlib
import io
import json
import re
import subprocess
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from PIL import Image

from tests.wallet import authority
from tests.wallet.apple_reference import Pass, PassField
from tests.wallet.google_reference import Claims

SAVE = "https://pay.google.com/gp/v/save/"


@dataclass(frozen=True)
class Opened:
    """A pass whose sums and signature are right."""

    content: dict[str, Any]
    strings: dict[str, dict[str, str]]
    pictures: dict[str, Image.Image]
    signers: str  # what OpenSSL tells of the signature

    @property
    def known(self) -> Pass:
        """As Apple's reference has it; raises where it says something else."""
        return Pass.model_validate(self.content)

    def field(self, key: str) -> PassField:
        return next(each for each in self.known.eventTicket.all() if each.key == key)

    @property
    def field_keys(self) -> set[str]:
        return {each.key for each in self.known.eventTicket.all()}


def opened(file: bytes) -> Opened:
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len(names) == len(set(names))
        files = {name: archive.read(name) for name in names}
    manifest, signature = files.pop("manifest.json"), files.pop("signature")
    sums = {name: hashlib.sha1(data).hexdigest() for name, data in files.items()}  # noqa: S324
    assert json.loads(manifest) == sums, "every file is in the manifest, and nothing else"
    return Opened(
        json.loads(files["pass.json"]),
        {
            name.removesuffix(".lproj/pass.strings"): strings_in(data)
            for name, data in files.items()
            if name.endswith(".strings")
        },
        {
            name: Image.open(io.BytesIO(data))
            for name, data in files.items()
            if name.endswith(".png")
        },
        checked(manifest, signature),
    )


def checked(manifest: bytes, signature: bytes) -> str:
    """OpenSSL finds the signature good, up to our root; what it tells of it."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: Path(folder) / name for name in ("manifest", "signature", "root")}
        paths["manifest"].write_bytes(manifest)
        paths["signature"].write_bytes(signature)
        paths["root"].write_bytes(authority.root().pem)
        verify = ["openssl", "smime", "-verify", "-binary", "-purpose", "any", "-inform", "DER"]
        said = subprocess.run(
            [*verify, "-in", paths["signature"], "-content", paths["manifest"],
             "-CAfile", paths["root"]],
            capture_output=True,
            check=False,
        )  # fmt: skip
        assert said.returncode == 0, said.stderr
        assert said.stdout == manifest
        told = subprocess.run(
            ["openssl", "cms", "-cmsout", "-print", "-inform", "DER", "-in", paths["signature"]],
            capture_output=True,
            check=True,
        )
    return told.stdout.decode()


_QUOTED = r'"((?:[^"\\]|\\.)*)"'


def strings_in(data: bytes) -> dict[str, str]:
    """A `.strings` file, read strictly."""
    lines = data.decode("utf-8").splitlines()
    found = {}
    for line in lines:
        pair = re.fullmatch(rf"{_QUOTED} = {_QUOTED};", line)
        assert pair, line
        key, value = (json.loads(f'"{text}"') for text in pair.groups())
        assert key not in found
        found[key] = value
    return found


def claims_in(url: str) -> Claims:
    """What a save link says; its signature is checked."""
    return Claims.model_validate(raw_claims_in(url))


def raw_claims_in(url: str) -> dict[str, Any]:
    assert url.startswith(SAVE)
    token = url.removeprefix(SAVE)
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", token, re.ASCII)
    head, body, signature = token.split(".")
    assert json.loads(_decoded(head)) == {"alg": "RS256", "typ": "JWT"}
    public = authority.key_named("google").public_key()
    assert isinstance(public, RSAPublicKey)
    public.verify(_decoded(signature), f"{head}.{body}".encode(), PKCS1v15(), SHA256())
    found: dict[str, Any] = json.loads(_decoded(body))
    return found


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

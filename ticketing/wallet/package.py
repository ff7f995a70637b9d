"""The signed file: https://developer.apple.com/documentation/walletpasses/building-a-pass"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import (
    PKCS7Options,
    PKCS7SignatureBuilder,
)


@dataclass(frozen=True, slots=True)
class Signer:
    """A certificate, its key, and the certificate that issued it."""

    certificate: x509.Certificate
    key: RSAPrivateKey
    issuer: x509.Certificate


def packed(
    content: Mapping[str, Any],
    strings: Mapping[str, Mapping[str, str]],
    pictures: Mapping[str, bytes],
    signer: Signer,
) -> bytes:
    """A `.pkpass`: every file's SHA-1 in the manifest, and the manifest signed."""
    files = {
        "pass.json": _json(content),
        **{f"{lang}.lproj/pass.strings": _strings(words) for lang, words in strings.items()},
        **pictures,
    }
    # SHA-1 is what the format says; the signature over the sums is SHA-256.
    manifest = _json(
        {
            name: hashlib.sha1(data, usedforsecurity=False).hexdigest()
            for name, data in files.items()
        }
    )
    files |= {"manifest.json": manifest, "signature": _signed(manifest, signer)}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


def _signed(manifest: bytes, signer: Signer) -> bytes:
    """PKCS #7, detached, over the bytes as they are; with the moment and both certificates."""
    builder = (
        PKCS7SignatureBuilder()
        .set_data(manifest)
        .add_signer(signer.certificate, signer.key, SHA256())
        .add_certificate(signer.issuer)
    )
    return builder.sign(
        Encoding.DER,
        [PKCS7Options.DetachedSignature, PKCS7Options.Binary, PKCS7Options.NoCapabilities],
    )


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")


def _strings(words: Mapping[str, str]) -> bytes:
    """A `.strings` file: `"key" = "value";`, quotes and backslashes escaped."""
    lines = [f"{_quoted(key)} = {_quoted(value)};" for key, value in words.items()]
    return "\n".join([*lines, ""]).encode()


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'

"""docs/keys.md lists every key, and every file that computes with secrets."""

import dataclasses
import re

from ticketing.config import PROJECT
from ticketing.vault.keys import Keys

PAGE = (PROJECT / "docs" / "keys.md").read_text()
CODE = PROJECT / "ticketing"
COMPUTES = re.compile(
    r"^\s*(?:import|from) (?:hashlib|hmac|secrets|ssl|cryptography|itsdangerous|passlib|"
    r"standardwebhooks|argon2)\b|\bimport .*\bhash_password\b|\buuid4\b|\bos\.urandom\b|"
    r"\bimport Security\b|\bUserMixin\b",
    re.M,
)


def test_every_key_is_listed() -> None:
    listed = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.M))
    assert {each.name for each in dataclasses.fields(Keys)} - {"link_current"} == listed


def test_every_file_that_computes_with_secrets_is_listed() -> None:
    table = PAGE.partition("| file | uses | for |")[2]
    listed = {name for row in table.splitlines() for name in re.findall(r"`([\w/]+\.py)`", row)}
    found = {
        str(path.relative_to(CODE))
        for path in CODE.rglob("*.py")
        if COMPUTES.search(path.read_text()) and "migrations" not in path.parts
    }
    assert found - listed == set(), "say what for"
    idle = {name for name in listed - found if (CODE / name).exists()}
    assert idle == set(), "does so no more"


def test_nothing_that_was_broken_is_used() -> None:
    """ASVS 11.3.1, 11.4.1: neither MD5 nor SHA-1 as a protection, no block mode without a seal."""
    for path in CODE.rglob("*.py"):
        code = path.read_text()
        assert not re.search(r"\bmd5\b|\bECB\b|\bCBC\b|\bARC4\b|\bTripleDES\b|PKCS1v15\(\)\.", code)
        for line in re.findall(r".*sha1.*", code):
            assert "usedforsecurity=False" in line, path

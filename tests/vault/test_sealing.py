"""Secrets of other programs, as the database keeps them."""

from dataclasses import replace

import pytest
from flask import Flask

from ticketing import links
from ticketing.pretix import sealed
from ticketing.vault import sealing
from ticketing.vault.sealing import Unsealable


def kept_of(secret: str) -> str:
    return sealing.seal(secret, "a purpose", "row 7")


def test_a_secret_comes_back(app: Flask) -> None:
    kept = kept_of("Zoë’s key\n")
    assert "Zoë" not in kept
    assert sealing.unseal(kept, "a purpose", "row 7") == "Zoë’s key\n"
    assert kept_of("Zoë’s key\n") != kept, "nobody sees that two are the same"


def test_it_opens_in_no_other_row_and_for_no_other_purpose(app: Flask) -> None:
    kept = kept_of("secret")
    for purpose, row in (("a purpose", "row 8"), ("another purpose", "row 7")):
        with pytest.raises(Unsealable):
            sealing.unseal(kept, purpose, row)


@pytest.mark.parametrize("kept", ["", "1.", "1.AAAA", "1.é", "no base64 at all", "1." + "A" * 99])
def test_what_was_tampered_with_is_refused(app: Flask, kept: str) -> None:
    with pytest.raises(Unsealable):
        sealing.unseal(kept, "a purpose", "row 7")


def test_without_the_installations_key_nothing_opens(app: Flask) -> None:
    kept = kept_of("secret")
    app.extensions["passalong.keys"] = replace(links.keys(), programs=b"another key" * 3)
    with pytest.raises(Unsealable):
        sealing.unseal(kept, "a purpose", "row 7")


def test_a_token_that_an_earlier_version_sealed_can_still_be_opened(app: Flask) -> None:
    app.extensions["passalong.keys"] = replace(links.keys(), programs=b"\x01" * 32)
    kept = "1.BXvsISUTyOA-3mVpIiqHuIeWSt-i11BYu60_4_HxWdvGEJ4="
    assert sealed.unseal(kept, 4711) == "a token"

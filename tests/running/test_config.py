"""What stands in PASSALONG_* variables is checked at the start."""

from pathlib import Path

import pytest

from ticketing import create_app
from ticketing.config import BadSetting, Settings


def read(**variables: str) -> Settings:
    return Settings.from_environment({f"PASSALONG_{name}": v for name, v in variables.items()})


def test_nothing_needs_to_be_set() -> None:
    assert read() == Settings()
    assert read(BASE_URL="", MAIL_PORT="", STYLEGUIDE="") == Settings(), "empty is as not set"


def test_each_kind_is_read(tmp_path: Path) -> None:
    found = read(
        INSTANCE_PATH=str(tmp_path / "x" / ".."),
        BASE_URL="https://tickets.example.org/",
        MAIL_SERVER="smtp.example.org",
        MAIL_PORT="2525",
        MAIL_STARTTLS="No",
        MAIL_SENDER="tickets@example.org",
    )
    assert found.instance_path == tmp_path
    assert found.base_url == "https://tickets.example.org"
    assert (found.mail_server, found.mail_port) == ("smtp.example.org", 2525)
    assert found.mail_starttls is False
    assert found.secure
    assert found.sqlalchemy_url == f"sqlite:///{tmp_path / 'passalong.db'}"
    assert not read().secure


def test_other_variables_are_none_of_our_business() -> None:
    assert Settings.from_environment({"BASE_URL": "x", "MAIL_PORT": "y"}) == Settings()


@pytest.mark.parametrize("word", ["1", "true", "YES", "on"])
def test_yes(word: str) -> None:
    assert read(STYLEGUIDE=word).styleguide is True


@pytest.mark.parametrize("word", ["0", "false", "NO", "off"])
def test_no(word: str) -> None:
    assert read(MAIL_STARTTLS=word).mail_starttls is False


def test_a_contact_is_written_as_programs_read_it() -> None:
    assert read(SECURITY_CONTACT="a@example.org").security_contact == "mailto:a@example.org"
    for written in ("mailto:a@example.org", "https://example.org/holes"):
        assert read(SECURITY_CONTACT=written).security_contact == written


def test_tls_from_the_first_byte_needs_no_starttls() -> None:
    found = read(MAIL_SERVER="smtp.example.org", MAIL_SSL="1")
    assert (found.mail_ssl, found.mail_starttls) == (True, False)


def test_another_database_may_be_named() -> None:
    assert read(DATABASE_URL="postgresql+psycopg://x/y").sqlalchemy_url.startswith("postgresql")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BASE_URL", "tickets.example.org"),
        ("BASE_URL", "ftp://tickets.example.org"),
        ("BASE_URL", "https://"),
        ("BASE_URL", "https://example.org/tickets"),
        ("BASE_URL", "https://example.org?x=1"),
        ("BASE_URL", "https://example.org#x"),
        ("BASE_URL", "https://somebody@example.org"),
        ("BASE_URL", "https://example.org:port"),
        ("BASE_URL", "https://exa mple.org"),
        ("MAIL_PORT", "smtp"),
        ("MAIL_PORT", "-1"),
        ("MAIL_PORT", "²"),
        ("PROXIES", "1.5"),
        ("STYLEGUIDE", "perhaps"),
        ("MAIL_SENDER", "tickets"),
        ("MAIL_SENDER", "a@example.org\nBcc: b@example.org"),
        ("MAIL_SENDER", "Tickets <tickets@example.org>"),
        ("MAIL_SENDER", "@"),
        ("SECURITY_CONTACT", "somebody"),
        ("SECURITY_CONTACT", "http://example.org/holes"),
        ("SECURITY_CONTACT", "mailto:a@example.org\nExpires: never"),
    ],
)
def test_what_cannot_work_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=f"PASSALONG_{name}"):
        read(**{name: value})


def test_secrets_are_not_shown() -> None:
    found = read(MAIL_PASSWORD="hush-hush", LINK_KEYS="1:" + "ab" * 32)
    assert "hush" not in repr(found)
    assert "abab" not in repr(found)


def test_an_app_is_made_in_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    app = create_app({"TESTING": True}, Settings(instance_path=tmp_path / "a" / "b"))
    assert app.instance_path == str(tmp_path / "a" / "b")
    assert app.config["SECRET_KEY"]

"""What an event asks of a holder, and which answers are good."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st

from ticketing import create_app
from ticketing.asking import fields
from ticketing.asking.fields import BY_KEY, FIELDS, Asked, InvalidDetails
from ticketing.config import Settings
from ticketing.models import Event, TicketType

pytestmark = pytest.mark.usefixtures("language")

ANNA = {"first_name": "Anna", "last_name": "Visser", "email": "anna@example.org"}


def asked(**needs: str) -> list[Asked]:
    return fields.asked_of(Event(fields={}), TicketType(fields=needs))


def clean(given: dict[str, str], region: str = "NL", **needs: str) -> dict[str, str]:
    return fields.clean(asked(**needs), given, region=region)


def errors(given: dict[str, str], **needs: str) -> dict[str, str]:
    with pytest.raises(InvalidDetails) as refused:
        clean(given, **needs)
    return refused.value.errors


def one(key: str, value: str) -> str:
    """What is stored of one answer."""
    return fields.clean([Asked(BY_KEY[key], required=False)], {key: value}, region="NL")[key]


def refuses(key: str, value: str) -> bool:
    try:
        one(key, value)
    except InvalidDetails as refused:
        return list(refused.errors) == [key] and bool(refused.errors[key])
    return False


@pytest.fixture(scope="module")
def language(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Messages are looked up in an app's language; one app is enough, for nothing is stored."""
    settings = Settings(instance_path=tmp_path_factory.mktemp("language"))
    with create_app({"TESTING": True}, settings).app_context():
        yield


# What is asked:


def test_names_and_email_are_asked_unless_the_event_says_otherwise() -> None:
    assert [(each.field.key, each.required) for each in asked()] == [
        ("first_name", True),
        ("last_name", True),
        ("email", True),
        ("phone", False),
    ]


def test_a_ticket_type_overrides_its_event() -> None:
    event = Event(fields={"city": "required", "phone": "off", "email": "optional"})
    ticket_type = TicketType(fields={"city": "optional", "email": "required"})
    assert [(each.field.key, each.required) for each in fields.asked_of(event, ticket_type)] == [
        ("first_name", True),
        ("last_name", True),
        ("email", True),
        ("city", False),
    ]


def test_each_field_can_be_filled_in_by_the_browser() -> None:
    """`autocomplete` holds a token of HTML's list, `inputmode` fits what is typed."""
    assert len(FIELDS) == 14
    for each in FIELDS:
        assert each.autocomplete in {
            "given-name", "family-name", "email", "tel", "bday", "sex", "address-line1",
            "address-line2", "postal-code", "address-level2", "country-name", "organization",
            "organization-title", "off",
        }  # fmt: skip
        assert each.inputmode == {"email": "email", "email_check": "email", "phone": "tel"}.get(
            each.kind, ""
        )


# Good answers:


def test_what_is_asked_is_stored_and_nothing_else() -> None:
    given = {**ANNA, "city": "Utrecht", "csrf_token": "x", "state": "checked_in"}
    assert clean(given) == {**ANNA, "phone": ""}
    assert clean(given, city="optional") == {**ANNA, "phone": "", "city": "Utrecht"}


@pytest.mark.parametrize(
    "name",
    ["Zoë & Bob 🎟️", "O'Brien", "王", "Ελένη", "محمد", "श्री", "สมชาย", "김", "x" * 200, "🎟" * 200,
     "<b>Anna</b>", "=HYPERLINK(1)", "Robert'); DROP TABLE tickets;--"],
)  # fmt: skip
def test_any_name_is_kept_as_it_is(name: str) -> None:
    assert clean({**ANNA, "first_name": name})["first_name"] == name


def test_who_has_one_name_says_so() -> None:
    assert "last_name" in errors({**ANNA, "last_name": ""})
    found = clean({**ANNA, "first_name": "Sukarno", "last_name": "", "one_name": "y"})
    assert (found["first_name"], found["last_name"]) == ("Sukarno", "")
    assert "first_name" in errors({**ANNA, "first_name": "", "one_name": "y"})


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("anna@example.org", "anna@example.org"),
        ("  anna@EXAMPLE.org ", "anna@example.org"),
        ("Anna.V+tag@example.org", "Anna.V+tag@example.org"),
        ("anna@bücher.example", "anna@bücher.example"),
        ("anna@xn--bcher-kva.example", "anna@bücher.example"),
        ("用户@例え.jp", "用户@例え.jp"),
        ("o'brien@example.org", "o'brien@example.org"),
        ("anna@company.test", "anna@company.test"),
    ],
)
def test_addresses(typed: str, kept: str) -> None:
    assert one("email", typed) == kept


@pytest.mark.parametrize(
    "typed",
    ["anna", "anna@", "@example.org", "anna@example", "an na@example.org", "anna@example..org",
     "anna@-example.org", "a@b@example.org", "Anna <anna@example.org>", '"a b"@example.org',
     "anna@[127.0.0.1]", "a@" + "b" * 320 + ".org", "anna@example.org,",
     "anna@example.org\u202e", "anna\u200b@example.org"],
)  # fmt: skip
def test_what_is_no_address_is_refused(typed: str) -> None:
    assert refuses("email", typed)


def test_no_name_server_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """V4: a slow one would hold up the form; and nobody must make us ask for a domain."""
    import socket

    def refuse(*_arguments: object) -> None:
        raise AssertionError("a name server was asked")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "sendto", refuse)
    assert one("email", "anna@no-such-domain-at-all.org") == "anna@no-such-domain-at-all.org"


@pytest.mark.parametrize(
    ("typed", "region", "kept"),
    [
        ("06 1234 5678", "NL", "+31612345678"),
        ("0612345678", "NL", "+31612345678"),
        ("+31 6 12345678", "DE", "+31612345678"),
        ("0031612345678", "NL", "+31612345678"),
        ("0151 23456789", "DE", "+4915123456789"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("020 123 4567", "NL", "+31201234567"),
        ("٠٦١٢٣٤٥٦٧٨", "NL", "+31612345678"),
        ("+48 512 345 678", "FR", "+48512345678"),
    ],
)
def test_phone_numbers(typed: str, region: str, kept: str) -> None:
    found = fields.clean([Asked(BY_KEY["phone"], required=True)], {"phone": typed}, region=region)
    assert found == {"phone": kept}


@pytest.mark.parametrize(
    "typed", ["1", "abc", "12345", "+999 123", "0612345678901234", "+31", "6" * 41, "<script>"]
)
def test_what_is_no_phone_number_is_refused(typed: str) -> None:
    assert refuses("phone", typed)


def test_a_country_nobody_knows_still_takes_international_numbers() -> None:
    assert fields.clean_phone("+31612345678", "ZZ") == "+31612345678"
    with pytest.raises(ValueError, match="country code"):
        fields.clean_phone("0612345678", "ZZ")


@pytest.mark.parametrize("typed", ["1990-12-31", "2000-02-29", "1900-01-01"])
def test_dates(typed: str) -> None:
    assert one("date_of_birth", typed) == typed


@pytest.mark.parametrize(
    "typed",
    ["31-12-1990", "1990-02-30", "1899-12-31", "2999-01-01", "19901231x", "0", "１９９０-1-1"],
)
def test_what_is_no_date_of_birth_is_refused(typed: str) -> None:
    assert refuses("date_of_birth", typed)


def test_a_choice_is_one_of_those_offered() -> None:
    assert one("gender", "unsaid") == "unsaid"
    assert refuses("gender", "Female")
    assert refuses("gender", "x")


# Answers that need another look:


def test_every_field_is_told_at_once() -> None:
    found = errors({"email": "no", "phone": "1", "first_name": "\x00"})
    assert list(found) == ["first_name", "last_name", "email", "phone"]
    assert "character" in found["first_name"]


def test_a_missing_field_says_what_to_do() -> None:
    found = errors({}, phone="required", city="required")
    assert found.keys() == {"first_name", "last_name", "email", "phone", "city"}
    assert "ticket is sent there" in found["email"]


def test_white_space_and_what_nobody_sees_is_no_answer() -> None:
    for nothing in ("", " ", "\t\r\n", "\u200b", "\u3000"):
        assert "first_name" in errors({**ANNA, "first_name": nothing})
        assert clean({**ANNA, "phone": nothing})["phone"] == ""


@pytest.mark.parametrize(
    "key", ["first_name", "street", "house_number", "zipcode", "city", "country", "organisation"]
)
def test_two_hundred_characters_and_no_more(key: str) -> None:
    assert one(key, "é" * 200) == "é" * 200
    assert refuses(key, "é" * 201)
    assert one(key, "e\u0301" * 200) == "é" * 200, "counted as they are stored"


def test_the_second_address_must_be_the_first() -> None:
    need = {"email_check": "required"}
    found = clean({**ANNA, "email_check": "Anna@Example.org"}, **need)
    assert "email_check" not in found, "it is asked for, not kept"
    assert errors({**ANNA, "email_check": "ana@example.org"}, **need).keys() == {"email_check"}
    assert errors({**ANNA, "email_check": ""}, **need).keys() == {"email_check"}
    assert errors({**ANNA, "email": "x", "email_check": "x"}, **need).keys() == {
        "email",
        "email_check",
    }


@how(deadline=None)
@given(st.dictionaries(st.sampled_from([each.key for each in FIELDS]), st.text()))
def test_whatever_is_typed_is_stored_clean_or_refused(given: dict[str, str]) -> None:
    every = {each.key: "optional" for each in FIELDS}
    try:
        cleaned = clean(given, **every)
    except InvalidDetails as refused:
        told = refused.errors
        cleaned = {key: value for key, value in given.items() if key not in told}
        if "email" in told:
            cleaned.pop("email_check", None)
        if "email_check" in told:
            cleaned["email_check"] = cleaned.get("email", "")
        cleaned = clean(cleaned, **every)  # the fields that were told were all that was wrong
    assert cleaned.keys() == every.keys() - {"email_check"}
    assert clean({**cleaned, "email_check": cleaned["email"]}, **every) == cleaned, "for good"


# Slips:


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("anna@gmial.con", "anna@gmail.com"),
        ("anna@gmail.con", "anna@gmail.com"),
        ("anna@hotmial.com", "anna@hotmail.com"),
        ("Anna.V@outlok.com", "Anna.V@outlook.com"),
        ("anna@GMAIL.CMO", "anna@gmail.com"),
        ("anna@gmai.com", "anna@gmail.com"),
        ("anna@ggmail.com", "anna@gmail.com"),
        ("anna@hotnail.co.uk", "anna@hotmail.co.uk"),
        ("anna@gmx.ed", "anna@gmx.de"),
        ("a@b@icluod.com", "a@b@icloud.com"),
    ],
)
def test_a_likely_slip_gets_a_suggestion(typed: str, meant: str) -> None:
    assert fields.likely_email(typed) == meant


@pytest.mark.parametrize(
    "typed",
    ["anna@gmail.com", "anna@example.org", "anna@Gmail.com", "anna", "@gmial.com", "", "anna@",
     "anna@mail.com", "anna@gmx.at", "anna@web.com", "anna@live.co.uk", "anna@hotmail.it",
     "anna@yahoo.es", "anna@yahoo.it", "anna@hotmail.de", "anna@outlook.fr", "anna@hotmail.es",
     "anna@outlook.de", "anna@yahoo.com.br", "anna@gmx.ch", "anna@live.fr", "anna@free.de"],
)  # fmt: skip
def test_a_good_address_gets_none(typed: str) -> None:
    assert fields.likely_email(typed) is None

"""How much each detail is needed: an event's settings, and a type's own over them."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from tests import builders
from tests.seen import changes, rows
from ticketing.asking import fields, needs, questions
from ticketing.asking.needs import AS_EVENT, SETTINGS
from ticketing.extensions import db
from ticketing.models import Event, Shop, TicketType
from ticketing.organising.shops import InvalidSettings
from ticketing.refusals import EditedMeanwhile
from ticketing.storing.transactions import write


@pytest.fixture
def shop(app: object) -> Shop:
    return builders.make_shop()


@pytest.fixture
def event(shop: Shop) -> Event:
    return shop.event


@pytest.fixture
def weekend(event: Event) -> TicketType:
    return event.ticket_types[0]


def asked(event: Event, ticket_type: TicketType) -> dict[str, bool]:
    """{key: whether it is required} of all that is asked."""
    db.session.rollback()
    return {each.field.key: each.required for each in fields.asked_of(event, ticket_type)}


def otherwise(ticket_type: TicketType, **wanted: str) -> TicketType:
    given = {**needs.of_type(ticket_type), **wanted}
    return needs.change_type(ticket_type, given, revision=ticket_type.revision)


def test_an_event_starts_with_the_usual_needs(event: Event) -> None:
    assert needs.of_event(event) == {
        each.key: each.need for each in fields.FIELDS if each.key != "first_name"
    }
    assert "first_name" not in SETTINGS


def test_each_setting_is_what_is_asked(event: Event, weekend: TicketType) -> None:
    before = rows()
    builders.require(event, phone="required", street="optional", email="off")
    assert set(changes(before)) == {"events"}
    assert asked(event, weekend) == {
        "first_name": True,
        "last_name": True,
        "phone": True,
        "street": False,
    }
    assert event.revision == 2


def test_a_type_goes_its_own_way_and_follows_otherwise(event: Event, weekend: TicketType) -> None:
    friday = event.ticket_types[1]
    otherwise(weekend, phone="off", city="required")
    assert needs.of_type(weekend)["phone"] == "off"
    assert needs.of_type(weekend)["email"] == AS_EVENT
    assert weekend.fields == {"phone": "off", "city": "required"}
    builders.require(event, phone="required", email="optional")
    assert "phone" not in asked(event, weekend)
    assert asked(event, weekend)["city"]
    assert not asked(event, weekend)["email"]
    assert asked(event, friday)["phone"]
    otherwise(weekend, phone=AS_EVENT)
    assert asked(event, weekend)["phone"]


def test_a_type_may_ask_a_question_otherwise(event: Event, weekend: TicketType) -> None:
    diet = builders.ask(event, "Diet?", need="off")
    db.session.rollback()
    assert diet.key not in asked(event, weekend)
    otherwise(weekend, **{diet.key: "required"})
    assert asked(event, weekend)[diet.key]
    assert diet.key not in asked(event, event.ticket_types[1])


def test_a_types_setting_of_a_question_outlives_its_archive(
    event: Event, weekend: TicketType
) -> None:
    diet = builders.ask(event, "Diet?")
    db.session.rollback()
    otherwise(weekend, **{diet.key: "required"})
    questions.archive(diet)
    db.session.rollback()
    assert diet.key not in asked(event, weekend)
    otherwise(weekend, phone="off")
    questions.restore(diet)
    assert asked(event, weekend)[diet.key]


@pytest.mark.parametrize("wrong", ["", "always", AS_EVENT, "Required", None])
def test_an_event_takes_needs_alone(event: Event, wrong: str) -> None:
    before = rows()
    with pytest.raises(InvalidSettings) as refused:
        builders.require(event, phone=wrong)
    assert list(refused.value.errors) == ["phone"]
    assert changes(before) == {}


def test_all_settings_have_to_be_there(event: Event) -> None:
    with pytest.raises(InvalidSettings) as refused:
        needs.change_event(event, {"phone": "off"}, revision=event.revision)
    assert set(refused.value.errors) == set(SETTINGS) - {"phone"}


def test_an_address_is_typed_twice_or_not(event: Event) -> None:
    assert needs.offered("email_check") == ("required", "off")
    with pytest.raises(InvalidSettings) as refused:
        builders.require(event, email_check="optional")
    assert list(refused.value.errors) == ["email_check"]


def test_what_is_not_asked_is_not_asked_twice(event: Event, weekend: TicketType) -> None:
    with pytest.raises(InvalidSettings) as refused:
        builders.require(event, email="off", email_check="required")
    assert list(refused.value.errors) == ["email_check"]
    builders.require(event, email="off")
    with pytest.raises(InvalidSettings) as refused:
        otherwise(weekend, email_check="required")
    assert list(refused.value.errors) == ["email_check"]
    otherwise(weekend, email="optional", email_check="required")
    assert asked(event, weekend)["email_check"]


def test_who_was_slower_overwrites_nothing(event: Event, weekend: TicketType) -> None:
    builders.require(event, phone="required")
    with pytest.raises(EditedMeanwhile):
        needs.change_event(event, {**needs.of_event(event), "phone": "off"}, revision=1)
    otherwise(weekend, phone="optional")
    with pytest.raises(EditedMeanwhile):
        needs.change_type(weekend, needs.of_type(weekend), revision=1)
    db.session.rollback()
    assert event.fields["phone"] == "required"
    assert weekend.fields == {"phone": "optional"}


def test_a_setting_of_tomorrow_stays(event: Event, weekend: TicketType) -> None:
    """Another version of this program may have known more."""
    with write():
        event.fields = {"shoe_size": "required"}
        weekend.fields = {"shoe_size": "off"}
    builders.require(event, phone="off")
    otherwise(weekend, phone="required")
    assert event.fields["shoe_size"] == "required"
    assert weekend.fields == {"shoe_size": "off", "phone": "required"}


@how(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    wanted=st.fixed_dictionaries({key: st.sampled_from(needs.offered(key)) for key in SETTINGS}),
    own=st.fixed_dictionaries(
        {key: st.sampled_from((AS_EVENT, *needs.offered(key))) for key in SETTINGS}
    ),
)
def test_whatever_is_set_is_what_is_asked(
    event: Event, weekend: TicketType, wanted: dict[str, str], own: dict[str, str]
) -> None:
    with write():
        weekend.fields = {}
    wrong: dict[str, str] = {}
    try:
        builders.require(event, **wanted)
        otherwise(weekend, **own)
    except InvalidSettings as refused:
        wrong = refused.errors
    if wrong:
        assert list(wrong) == ["email_check"]
        return
    expected = {"first_name": "required"} | {
        key: wanted[key] if own[key] == AS_EVENT else own[key] for key in SETTINGS
    }
    if expected["email"] == "off":
        expected["email_check"] = "off"
    assert asked(event, weekend) == {
        key: need == "required" for key, need in expected.items() if need != "off"
    }

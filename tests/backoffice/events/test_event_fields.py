"""*Personalisation*: what an event asks for, its types otherwise, and its own questions."""

import datetime as dt
import html
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests import builders
from tests.backoffice.browsing import Browser, forms_in
from tests.backoffice.conftest import PASSWORD
from tests.hostile import MARKUP
from tests.seen import actions, changes, rows
from ticketing.asking import needs, questions
from ticketing.models import Event, Question, Shop, Ticket, TicketType, now
from ticketing.posting import outbox
from ticketing.storing.transactions import write


@pytest.fixture
def event(shop: Shop) -> Event:
    return shop.event


@pytest.fixture
def weekend(event: Event) -> TicketType:
    return event.ticket_types[0]


@pytest.fixture
def anna(shop: Shop) -> Ticket:
    """Hers was complete when she gave her name."""
    return builders.claim(builders.make_order(shop, tickets=2).tickets[0], phone="")


def page(event: Event) -> str:
    return f"/backoffice/events/{event.id}/fields"


def of_type(ticket_type: TicketType) -> str:
    return f"/backoffice/events/{ticket_type.event_id}/fields/{ticket_type.id}"


def new(event: Event) -> str:
    return f"/backoffice/events/{event.id}/questions/new"


def of(question: Question) -> str:
    return f"/backoffice/questions/{question.id}"


def words(answer: TestResponse) -> str:
    return html.unescape(answer.text)


def asked(event: Event) -> list[str]:
    return [each.label["en"] for each in event.questions if each.archived_at is None]


# The settings of an event


def test_every_detail_has_its_need(olga: Browser, event: Event) -> None:
    known = olga.fields(page(event))
    assert {key: known[key] for key in needs.SETTINGS} == {
        key: [need] for key, need in needs.of_event(event).items()
    }


def test_what_is_chosen_is_asked(olga: Browser, shop: Shop, event: Event) -> None:
    before = rows()
    answer = olga.submit(page(event), phone="required", date_of_birth="optional", last_name="off")
    assert (answer.status_code, answer.location) == (303, page(event))
    assert set(changes(before)) == {"events"}
    assert "What you ask for was saved." in words(olga.get(page(event)))
    visitor = olga.client.application.test_client(use_cookies=False)
    order = builders.make_order(shop, tickets=1)
    form = visitor.get(builders.share(order.tickets[0])).text
    assert 'name="date_of_birth"' in form
    assert 'name="last_name"' not in form


def test_wrong_choices_are_told_beside_their_rows(olga: Browser, event: Event) -> None:
    before = rows()
    answer = olga.submit(page(event), phone="always", email="off", email_check="required")
    assert answer.status_code == 422
    assert 'id="phone-error"' in answer.text
    assert "Please choose one of these." in answer.text
    answer = olga.submit(page(event), email="off", email_check="required", city="required")
    assert answer.status_code == 422
    assert 'id="email_check-error"' in answer.text
    assert forms_in(answer.text)[page(event)]["city"] == ["required"]
    assert changes(before) == {}


def test_nobody_elses_change_is_overwritten(olga: Browser, event: Event) -> None:
    known = olga.fields(page(event))
    olga.submit(page(event), phone="off")
    before = rows()
    answer = olga.send(page(event), known, phone="required")
    assert answer.status_code == 409
    for text in ("Somebody changed this meanwhile", "Not in use", "Required"):
        assert text in answer.text, text
    assert changes(before) == {}
    again = forms_in(answer.text)[page(event)]
    assert again["phone"] == ["required"]
    assert olga.send(page(event), again).status_code == 303
    assert event.fields["phone"] == "required"


def test_the_form_is_shown_as_it_would_be(olga: Browser, event: Event) -> None:
    builders.ask(event, "Diet?", "choice", "Meat", "Fish", help="Choose well.")
    form = {**olga.fields(page(event)), "city": ["required"], "phone": ["off"]}
    before = rows()
    answer = olga.post(f"{page(event)}/preview", form)
    assert answer.status_code == 200
    assert 'id="preview-city"' in answer.text
    assert 'id="preview-phone"' not in answer.text
    assert "City (required)" in answer.text
    for text in ("Diet?", "Choose well.", "Meat"):
        assert text in answer.text
    assert "<!doctype" not in answer.text
    assert changes(before) == {}
    # What makes no sense is left as it is.
    odd = olga.post(f"{page(event)}/preview", {**form, "city": ["maybe"]})
    assert odd.status_code == 200


def test_an_expired_sign_in_loses_no_choice(olga: Browser, event: Event) -> None:
    known = olga.fields(page(event))
    answer = olga.send(page(event), known, csrf_token="old", city="required")
    assert answer.status_code == 422
    assert "Nothing is lost" in words(answer)
    assert forms_in(answer.text)[page(event)]["city"] == ["required"]
    assert "city" not in event.fields


# A type otherwise


def test_a_type_asks_otherwise(olga: Browser, event: Event, weekend: TicketType) -> None:
    diet = builders.ask(event, "Diet?")
    known = olga.fields(of_type(weekend))
    assert {known[key][0] for key in (*needs.SETTINGS, diet.key)} == {needs.AS_EVENT}
    answer = olga.submit(of_type(weekend), phone="off", **{diet.key: "required"})
    assert (answer.status_code, answer.location) == (303, page(event))
    assert weekend.fields == {"phone": "off", diet.key: "required"}
    assert "Phone: Not in use; Diet?: Required" in words(olga.get(page(event)))


def test_a_type_says_what_the_event_asks(olga: Browser, weekend: TicketType) -> None:
    text = olga.get(of_type(weekend)).text
    for need in ("Required", "Optional", "Not in use"):
        assert f"As the event: {need}" in text


def test_a_types_wrong_choices_and_slow_hands(
    olga: Browser, event: Event, weekend: TicketType
) -> None:
    known = olga.fields(of_type(weekend))
    answer = olga.send(of_type(weekend), known, email="off", email_check="required")
    assert answer.status_code == 422
    assert 'id="email_check-error"' in answer.text
    olga.submit(of_type(weekend), phone="off")
    answer = olga.send(of_type(weekend), known, phone="required")
    assert answer.status_code == 409
    assert weekend.fields == {"phone": "off"}


def test_a_types_form_is_shown_as_it_would_be(olga: Browser, weekend: TicketType) -> None:
    form = {**olga.fields(of_type(weekend)), "city": ["optional"]}
    answer = olga.post(f"{of_type(weekend)}/preview", form)
    assert 'id="preview-city"' in answer.text
    assert 'id="preview-email"' in answer.text


def test_a_type_without_personal_data_asks_for_nothing(olga: Browser, event: Event) -> None:
    parking = event.ticket_types[2]
    answer = olga.get(of_type(parking))
    assert answer.status_code == 200
    assert "ask for nothing" in answer.text
    assert of_type(parking) not in forms_in(answer.text)
    before = rows()
    olga.post(of_type(parking), {"csrf_token": olga.token(), "phone": "required", "revision": "1"})
    assert changes(before) == {}


def test_a_type_of_another_event_is_not_found(olga: Browser, event: Event) -> None:
    other = builders.make_shop()
    foreign = other.event.ticket_types[0]
    assert olga.get(f"{page(event)}/{foreign.id}").status_code == 404


# Questions


@pytest.mark.parametrize("kind", questions.KINDS)
def test_a_question_is_added(olga: Browser, event: Event, kind: str) -> None:
    typed: dict[str, Any] = {"kind": kind, "label_en": "Diet?", "help_en": "Tell.", "need": "off"}
    if kind in questions.CHOOSING:
        typed |= {"choice_0_en": "Meat", "choice_3_en": "Fish"}
    before = rows()
    answer = olga.submit(new(event), **typed)
    assert (answer.status_code, answer.location) == (303, f"{page(event)}#questions")
    assert set(changes(before)) == {"questions"}
    [question] = event.questions
    assert (question.kind, question.need, question.help) == (kind, "off", {"en": "Tell."})
    expected = ["Meat", "Fish"] if kind in questions.CHOOSING else []
    assert [each["label"]["en"] for each in question.choices] == expected
    assert "Diet?" in olga.get(page(event)).text


def test_a_question_that_is_none_keeps_what_was_typed(olga: Browser, event: Event) -> None:
    before = rows()
    typed = {"kind": "choices", "label_en": "", "choice_0_en": "Only <one>", "help_en": "a" * 501}
    answer = olga.submit(new(event), **typed)
    assert answer.status_code == 422
    for field in ("label_en", "help_en", "choice_0_en"):
        assert f'id="{field}-error"' in answer.text, field
    known = forms_in(answer.text)[new(event)]
    assert known["choice_0_en"] == ["Only <one>"]
    assert known["kind"] == ["choices"]
    assert olga.submit(new(event), label_en="Diet?", kind="essay").status_code == 422
    assert changes(before) == {}


def test_more_choices_keep_what_was_typed(olga: Browser, event: Event) -> None:
    typed = {"kind": "choice", "label_en": "Size?", "choice_0_en": "S", "choice_1_en": "M"}
    before = rows()
    answer = olga.submit(new(event), more="1", **typed)
    assert answer.status_code == 200
    known = forms_in(answer.text)[new(event)]
    assert {key: known[key][0] for key in typed} == typed
    lines = [key for key in known if key.startswith("choice_") and key.endswith("_key")]
    assert len(lines) == 8
    assert changes(before) == {}
    answer = olga.send(new(event), known, choice_7_en="XL")
    assert answer.status_code == 303
    assert [each["label"]["en"] for each in event.questions[0].choices] == ["S", "M", "XL"]


def test_choices_end_somewhere(olga: Browser, event: Event) -> None:
    known = {**olga.fields(new(event)), "kind": ["choice"], "label_en": ["Row?"]}
    known |= {f"choice_{n}_key": [""] for n in range(questions.MOST_CHOICES)}
    known |= {f"choice_{n}_en": [f"Row {n}"] for n in range(questions.MOST_CHOICES)}
    answer = olga.send(new(event), known, more="1")
    assert f"choice_{questions.MOST_CHOICES}_en" not in answer.text
    assert olga.send(new(event), known).status_code == 303
    assert len(event.questions[0].choices) == questions.MOST_CHOICES


def test_a_question_is_worded_in_every_language_of_its_shops(
    olga: Browser, shop: Shop, event: Event
) -> None:
    with write():
        shop.languages = ["nl", "en"]
    assert "Nederlands" in olga.get(new(event)).text
    answer = olga.submit(new(event), label_en="Diet?")
    assert answer.status_code == 422
    assert 'id="label_nl-error"' in answer.text
    olga.submit(
        new(event),
        kind="choice",
        label_nl="Wat eet je?",
        label_en="Diet?",
        help_en="Tell.",
        choice_0_nl="Vlees",
        choice_0_en="Meat",
        choice_1_nl="Vis",
    )
    [question] = event.questions
    assert question.label == {"nl": "Wat eet je?", "en": "Diet?"}
    assert question.choices[0]["label"] == {"nl": "Vlees", "en": "Meat"}
    assert question.choices[1]["label"] == {"nl": "Vis"}


def test_a_question_is_worded_otherwise(olga: Browser, event: Event) -> None:
    question = builders.ask(event, "Diet?", "choice", "Meat", "Fish", "Vegan")
    known = olga.fields(of(question))
    assert known["label_en"] == ["Diet?"]
    assert [known[f"choice_{n}_key"][0] for n in range(3)] == ["c1", "c2", "c3"]
    answer = olga.submit(
        of(question), label_en="What do you eat?", choice_0_en="Meat, halal", choice_2_off="y"
    )
    assert (answer.status_code, answer.location) == (303, f"{page(event)}#questions")
    assert question.label == {"en": "What do you eat?"}
    assert [(each["label"]["en"], each["off"]) for each in question.choices] == [
        ("Meat, halal", False),
        ("Fish", False),
        ("Vegan", True),
    ]
    assert olga.fields(of(question))["choice_2_off"] == ["y"]


def test_nobody_elses_words_are_overwritten(olga: Browser, event: Event) -> None:
    question = builders.ask(event, "Diet?", "choice", "Meat", "Fish")
    known = olga.fields(of(question))
    olga.submit(of(question), label_en="Theirs?", choice_1_en="Fishes")
    before = rows()
    answer = olga.send(of(question), known, label_en="Mine?", need="required")
    assert answer.status_code == 409
    for text in ("Somebody changed this meanwhile", "Theirs?", "Mine?", "Fishes"):
        assert text in answer.text, text
    assert changes(before) == {}
    again = forms_in(answer.text)[of(question)]
    assert olga.send(of(question), again).status_code == 303
    assert (question.label, question.need) == ({"en": "Mine?"}, "required")


def test_a_question_is_shown_as_it_would_be(olga: Browser, event: Event) -> None:
    form = {**olga.fields(new(event)), "kind": ["choices"], "need": ["required"]}
    before = rows()
    empty = olga.post(f"/backoffice/events/{event.id}/questions/preview", form)
    assert "Your question" in empty.text
    typed = {
        "label_en": "Diet?",
        "help_en": "Tell <us>.",
        "choice_0_en": "Meat",
        "choice_2_en": "F",
    }
    answer = olga.post(f"/backoffice/events/{event.id}/questions/preview", {**form, **typed})
    for text in ("Diet? (required)", "Tell &lt;us&gt;.", "Meat"):
        assert text in answer.text, text
    assert changes(before) == {}
    question = builders.ask(event, "Size?", "choice", "S", "M")
    known = {**olga.fields(of(question)), "choice_0_off": ["y"]}
    answer = olga.post(f"{of(question)}/preview", known)
    assert "Size? (optional)" in answer.text
    assert "<span>M</span>" in answer.text
    assert "<span>S</span>" not in answer.text


def test_questions_move_and_stay_at_the_ends(olga: Browser, event: Event) -> None:
    a, b, c = (builders.ask(event, label) for label in ("A?", "B?", "C?"))
    token = olga.token()
    text = words(olga.get(page(event)))
    assert "Move “B?” up" in text
    assert "Move “A?” up" not in text
    assert "Move “C?” down" not in text
    answer = olga.post(f"{of(c)}/move", {"csrf_token": token, "to": "up"})
    assert (answer.status_code, answer.location) == (303, f"{page(event)}#questions")
    assert asked(event) == ["A?", "C?", "B?"]
    olga.post(f"{of(a)}/move", {"csrf_token": token, "to": "down"})
    olga.post(f"{of(b)}/move", {"csrf_token": token, "to": "down"})
    assert asked(event) == ["C?", "A?", "B?"]


def test_a_question_is_asked_no_more_and_again(olga: Browser, shop: Shop, event: Event) -> None:
    question = builders.ask(event, "Diet?")
    order = builders.make_order(shop, tickets=1)
    ticket = builders.claim(order.tickets[0], **{question.key: "Fish"})
    token = olga.token()
    olga.post(f"{of(question)}/archive", {"csrf_token": token})
    text = words(olga.get(page(event)))
    assert "Ask “Diet?” again" in text
    assert ticket.details == {question.key: "Fish"}
    shown = words(olga.get(f"/backoffice/orders/{order.id}"))
    assert "Fish" in shown
    assert "not asked any more" in shown
    assert "Ask again" in olga.get(of(question)).text
    olga.post(f"{of(question)}/restore", {"csrf_token": token})
    assert asked(event) == ["Diet?"]
    assert "Ask “Diet?” again" not in words(olga.get(page(event)))


def test_there_are_enough_questions(olga: Browser, event: Event) -> None:
    with write() as session:
        session.add_all(
            Question(event_id=event.id, kind="text", label={"en": f"{n}?"}, position=n)
            for n in range(questions.MOST)
        )
    answer = olga.submit(new(event), label_en="One more?")
    assert answer.status_code == 422
    assert "There are 50 questions already." in answer.text
    assert "One more?" in answer.text
    last = event.questions[-1]
    questions.archive(last)
    assert olga.submit(new(event), label_en="One more?").status_code == 303
    token = olga.token()
    olga.post(f"{of(last)}/restore", {"csrf_token": token})
    assert "There are 50 questions already." in olga.get(page(event)).text
    assert last.archived_at is not None


def test_words_are_never_markup(olga: Browser, shop: Shop, event: Event) -> None:
    hostile = MARKUP[0]
    question = builders.ask(event, hostile, "choice", hostile, "Fish", help=hostile)
    order = builders.make_order(shop, tickets=1)
    builders.claim(order.tickets[0], **{question.key: "c1"})
    for path in (page(event), of(question), f"/backoffice/orders/{order.id}", new(event)):
        assert hostile not in olga.get(path).text, path


# What is missing


def test_tickets_that_lack_something_are_counted_and_asked(
    olga: Browser, event: Event, anna: Ticket
) -> None:
    everybody = f"{page(event)}/missing"
    assert "No ticket lacks anything" in olga.get(everybody).text
    olga.submit(page(event), phone="required")
    text = words(olga.get(page(event)))
    assert "One ticket lacks a detail that you require by now." in text
    assert everybody in text
    assert "Send back one ticket" in olga.get(everybody).text
    before = rows()
    answer = olga.submit(everybody)
    assert (answer.status_code, answer.location) == (303, page(event))
    assert set(changes(before)) == {"history", "outbox"}
    assert "One ticket was sent back." in olga.get(page(event)).text
    assert len(builders.mails_of(anna.order, outbox.DETAILS_MISSING)) == 1
    assert "Nobody can be asked just now" in olga.get(everybody).text
    token = olga.token()
    assert olga.post(everybody, {"csrf_token": token}).status_code == 303
    assert actions(anna).count("details_asked") == 1


def test_the_dialog_leads_back_with_its_message(olga: Browser, event: Event, anna: Ticket) -> None:
    builders.require(event, phone="required")
    headers = {"HX-Request": "true", "HX-Target": "dialog"}
    answer = olga.submit(f"{page(event)}/missing", headers=headers)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (200, page(event))
    assert "Location" not in answer.headers
    assert "One ticket was sent back." in olga.get(page(event)).text


def test_nobody_is_asked_after_the_deadline(
    olga: Browser, shop: Shop, event: Event, anna: Ticket
) -> None:
    builders.require(event, phone="required")
    with write():
        shop.personalisation_deadline = now() - dt.timedelta(minutes=1)
    text = olga.get(f"{page(event)}/missing").text
    assert "Nobody can be asked just now" in text
    assert f"{page(event)}/missing" not in forms_in(text)


def test_an_order_shows_what_is_missing_and_asks_for_it(
    olga: Browser, event: Event, anna: Ticket
) -> None:
    order = f"/backoffice/orders/{anna.order_id}"
    ask = f"/backoffice/tickets/{anna.id}/ask"
    assert ask not in forms_in(olga.get(order).text)
    builders.require(event, phone="required", city="required")
    text = words(olga.get(order))
    assert "Phone and City" in text
    assert ask in forms_in(text)
    answer = olga.submit(order, action=ask)
    assert (answer.status_code, answer.location) == (303, order)
    text = words(olga.get(order))
    assert "anna@example.org is asked for what ticket 1 lacks." in text
    assert "Asked the holder of ticket 1 for what is missing" in text
    again = olga.submit(order, action=ask)
    assert again.status_code == 409
    assert "The holder was asked already" in again.text
    assert actions(anna).count("details_asked") == 1


def test_asking_with_htmx_answers_with_the_news(olga: Browser, event: Event, anna: Ticket) -> None:
    builders.require(event, phone="required")
    answer = olga.post(
        f"/backoffice/tickets/{anna.id}/ask",
        {"csrf_token": olga.token()},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 200
    assert f'id="ticket-{anna.id}"' in answer.text
    assert "anna@example.org is asked" in answer.text


def test_the_desk_asks_one_and_sets_nothing_up(app: Flask, event: Event, anna: Ticket) -> None:
    builders.make_user(
        anna.order.organiser, email="desk@example.org", role="desk", password=PASSWORD
    )
    desk = Browser(app)
    desk.sign_in("desk@example.org", PASSWORD)
    builders.require(event, phone="required")
    assert desk.get(page(event)).status_code == 403
    order = f"/backoffice/orders/{anna.order_id}"
    assert desk.submit(order, action=f"/backoffice/tickets/{anna.id}/ask").status_code == 303

import pytest

from tests import builders
from tests.backoffice.browsing import Browser
from tests.seen import changes, last, rows
from ticketing import cancelling, personalisation
from ticketing.carried import barcodes
from ticketing.models import Order, Shop, Ticket

HTMX = {"HX-Request": "true", "HX-Target": "dialog"}


@pytest.fixture
def ready(order: Order) -> Ticket:
    return builders.claim(order.tickets[0])


def edit_page(ticket: Ticket) -> str:
    return f"/backoffice/tickets/{ticket.id}/edit"


def test_it_shows_the_values_as_they_are_now(olga: Browser, ready: Ticket) -> None:
    known = olga.fields(edit_page(ready))
    assert known["first_name"] == ["Anna"]
    assert known["last_name"] == ["Visser"]
    assert known["email"] == ["anna@example.org"]
    assert known["phone"] == ["+31612345678"]
    assert known["new_barcode"] == ["auto"]
    assert "mail_holder" not in known


def test_it_changes_this_ticket_alone(olga: Browser, ready: Ticket, order: Order) -> None:
    before = rows()
    answer = olga.submit(edit_page(ready), first_name="Anneke", phone="06 12345699")
    assert (answer.status_code, answer.location) == (303, f"/backoffice/orders/{order.id}")
    changed = changes(before)
    assert changed["tickets"] == [ready.id]
    assert set(changed) == {"tickets", "orders", "history", "changes", "search_entries"}
    assert (ready.first_name, ready.phone) == ("Anneke", "+31612345699")
    entry = last(ready)
    assert (entry.action, entry.actor, entry.actor_name) == (
        "edited",
        "organiser",
        "Olga Organiser",
    )
    assert entry.before == {"first_name": "Anna", "phone": "+31612345678"}


def test_a_name_alone_keeps_barcode_and_page(olga: Browser, ready: Ticket) -> None:
    barcode = barcodes.text_of(ready)
    olga.submit(edit_page(ready), first_name="Anneke")
    assert barcodes.look_up(barcode).id == ready.id
    assert ready.link_generation == 1


def test_another_address_gets_a_new_barcode_by_itself(olga: Browser, ready: Ticket) -> None:
    barcode = barcodes.text_of(ready)
    answer = olga.submit(edit_page(ready), email="carla@example.org", first_name="Carla")
    assert "new barcode" in olga.get(answer.location).text
    with pytest.raises(barcodes.BarcodeRefused):
        barcodes.look_up(barcode)
    assert barcodes.look_up(barcodes.text_of(ready)).id == ready.id


def test_the_same_address_written_differently_is_no_other(olga: Browser, ready: Ticket) -> None:
    olga.submit(edit_page(ready), email=" Anna@EXAMPLE.org ")
    assert ready.barcode_generation == 1


@pytest.mark.parametrize(
    ("choice", "email", "generation"),
    [("no", "carla@example.org", 1), ("yes", "anna@example.org", 2)],
)
def test_the_organiser_has_the_last_word_on_the_barcode(
    olga: Browser, ready: Ticket, choice: str, email: str, generation: int
) -> None:
    olga.submit(edit_page(ready), email=email, new_barcode=choice)
    assert ready.barcode_generation == generation


def test_the_holder_is_mailed_only_if_asked(olga: Browser, ready: Ticket, order: Order) -> None:
    had = len(builders.mails_of(order))
    olga.submit(edit_page(ready), first_name="Anneke")
    assert len(builders.mails_of(order)) == had
    olga.submit(edit_page(ready), email="carla@example.org", mail_holder="y")
    assert [mail.recipient for mail in builders.mails_of(order)[had:]] == ["carla@example.org"]


def test_an_open_ticket_is_personalised_by_it(olga: Browser, order: Order) -> None:
    ticket = order.tickets[1]
    builders.share(ticket)
    olga.submit(edit_page(ticket), **builders.BOB)
    assert (ticket.state, ticket.first_name, ticket.personalised_by) == (
        "personalised",
        "Bob",
        "organiser",
    )
    assert ticket.barcode_generation == 1


def test_bad_input_keeps_what_was_typed(olga: Browser, ready: Ticket) -> None:
    before = rows()
    answer = olga.submit(edit_page(ready), first_name="", email="no address", phone="12")
    assert answer.status_code == 422
    assert 'value="no address"' in answer.text
    assert answer.text.count('aria-invalid="true"') == 3
    assert changes(before) == {}


def test_nothing_is_overwritten_if_somebody_was_faster(
    olga: Browser, ready: Ticket, order: Order
) -> None:
    """Both versions are shown; a second Save is then meant."""
    known = olga.fields(edit_page(ready))
    personalisation.edit(
        ready,
        {**builders.ANNA, "last_name": "Visser-Smit", "phone": ""},
        builders.ORGANISER,
        revision=ready.revision,
        new_barcode=False,
        mail_holder=False,
    )
    before = rows()
    answer = olga.send(edit_page(ready), known, first_name="Anneke", last_name="Jansen")
    assert answer.status_code == 409
    assert changes(before) == {}
    for words in ("Somebody changed this meanwhile", "Visser-Smit", "Jansen", "Anneke"):
        assert words in answer.text, words
    assert 'value="Anneke"' in answer.text
    assert f'name="revision" type="hidden" value="{ready.revision}"' in answer.text

    again = {**known, "revision": [str(ready.revision)], "last_name": ["Jansen"]}
    assert olga.send(edit_page(ready), again).status_code == 303
    assert ready.last_name == "Jansen"


@pytest.mark.parametrize("revision", ["", "0", "-1", "1e3", "9" * 30, "٣"])
def test_a_made_up_revision_writes_nothing(olga: Browser, ready: Ticket, revision: str) -> None:
    before = rows()
    answer = olga.submit(edit_page(ready), revision=revision, first_name="Mallory")
    assert answer.status_code == 409
    assert changes(before) == {}


def test_a_claim_meanwhile_is_not_lost(olga: Browser, order: Order) -> None:
    """The organiser fills in a name while a visitor does."""
    ticket = order.tickets[1]
    known = olga.fields(edit_page(ticket))
    builders.claim(ticket)
    answer = olga.send(edit_page(ticket), known, **builders.BOB)
    assert answer.status_code == 409
    assert ticket.first_name == "Anna"


def test_a_cancelled_ticket_stays_as_it_is(olga: Browser, ready: Ticket) -> None:
    known = olga.fields(edit_page(ready))
    cancelling.cancel_ticket(ready, builders.ORGANISER)
    before = rows()
    answer = olga.send(edit_page(ready), known, first_name="Late")
    assert answer.status_code == 410
    assert "This ticket was cancelled" in answer.text
    assert "Back to order" in answer.text
    assert changes(before) == {}


def test_what_was_typed_is_shown_when_the_ticket_was_cancelled_meanwhile(
    olga: Browser, ready: Ticket
) -> None:
    known = olga.fields(edit_page(ready))
    cancelling.cancel_ticket(ready, builders.ORGANISER)
    for headers in ({}, HTMX):
        answer = olga.send(
            edit_page(ready), known, headers, first_name="Annelies", last_name="Jansen"
        )
        assert answer.status_code == 410
        for words in ("This ticket was cancelled", "What you typed", "Annelies", "Jansen"):
            assert words in answer.text, words
    assert "What you typed" not in olga.get(edit_page(ready)).text


def test_a_ticket_that_needs_no_name_has_nothing_to_edit(olga: Browser, shop: Shop) -> None:
    ticket = builders.make_order(shop, type_code="parking").tickets[0]
    before = rows()
    token = olga.token()
    sent = {"csrf_token": token, "revision": str(ticket.revision), "new_barcode": "yes"}
    for answer in (olga.get(edit_page(ticket)), olga.post(edit_page(ticket), sent)):
        assert answer.status_code == 409
        assert "This ticket needs no name" in answer.text
    assert changes(before) == {}


def test_an_old_token_loses_nothing(olga: Browser, ready: Ticket) -> None:
    answer = olga.submit(edit_page(ready), csrf_token="old", first_name="Anneke")
    assert answer.status_code == 422
    assert "Nothing is lost" in answer.text
    assert 'value="Anneke"' in answer.text
    assert ready.first_name == "Anna"


def test_htmx_gets_the_dialog_and_then_what_changed(
    olga: Browser, ready: Ticket, order: Order
) -> None:
    dialog = olga.get(edit_page(ready), headers=HTMX).text
    assert "<html" not in dialog
    assert "Edit ticket 1" in dialog
    answer = olga.submit(edit_page(ready), headers=HTMX, first_name="Anneke")
    assert answer.status_code == 200
    assert answer.headers["HX-Trigger"] == "closeDialog"
    for part in ("order-header", f"ticket-{ready.id}", "totals", "history", "mails", "notice"):
        assert f'id="{part}"' in answer.text, part
    assert f'id="ticket-{order.tickets[1].id}"' not in answer.text
    assert answer.text.count("hx-swap-oob") == 7
    assert "Ticket 1 was saved." in answer.text

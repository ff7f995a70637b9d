"""A ticket in Apple Wallet: a signed file, and what it says."""

import datetime as dt
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests import builders, hostile
from tests.browser.scenes.set_up import drawing
from tests.seen import digest
from tests.tickets.test_names import GOOD
from tests.translations.speaking import teach
from tests.wallet import authority
from tests.wallet.reading import Opened, opened
from ticketing import cancelling, links, personalisation
from ticketing.asking import names
from ticketing.carried import admission, barcodes
from ticketing.models import AppleWallet, Event, Shop, Ticket, now
from ticketing.organising import events, images, shops
from ticketing.organising.brand import LABEL_LC, contrast, lightness_contrast
from ticketing.storing.transactions import write
from ticketing.words import languages as spoken

pytestmark = pytest.mark.usefixtures("apple")


def path_of(ticket: Ticket) -> str:
    return f"/t/{links.ticket_token(ticket)}/wallet.pkpass"


def fetch(client: FlaskClient, ticket: Ticket) -> Opened:
    answer = client.get(path_of(ticket))
    assert answer.status_code == 200, answer.text
    return opened(answer.data)


def test_the_file_is_one_that_safari_hands_to_wallet(client: FlaskClient, ticket: Ticket) -> None:
    before = digest()
    answer = client.get(path_of(ticket))
    assert answer.status_code == 200
    assert answer.mimetype == "application/vnd.apple.pkpass"
    assert answer.headers["Content-Disposition"] == 'inline; filename="ticket.pkpass"'
    assert answer.content_length == len(answer.data)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert client.head(path_of(ticket)).status_code == 200
    assert digest() == before, "nothing is kept of who has it"


def test_it_is_signed_as_apple_wants_it(client: FlaskClient, ticket: Ticket) -> None:
    """`opened` has OpenSSL check the signature; here is what Wallet looks at besides."""
    told = fetch(client, ticket).signers
    assert "object: signingTime" in told, "without it Wallet refuses the pass"
    assert "algorithm: sha256" in told
    assert f"Pass Type ID: {authority.PASS_TYPE}" in told
    assert "OU=G4" in told.replace(" ", ""), "the intermediate is in it as well"
    assert "eContent: <ABSENT>" in told, "detached"


def test_it_says_whose_ticket_for_what_it_is(client: FlaskClient, ticket: Ticket) -> None:
    found = fetch(client, ticket)
    known, event = found.known, ticket.order.shop.event
    assert (known.passTypeIdentifier, known.teamIdentifier) == (
        authority.PASS_TYPE,
        authority.TEAM,
    )
    assert known.organizationName == known.logoText == "Riverside Collective"
    assert known.description == "Ticket for Riverside Festival"
    assert found.field("event").value == "Riverside Festival"
    assert found.field("holder").value == "Anna Visser"
    assert found.field("type").value == "Weekend"
    assert found.field("place").value == "Rivierpark"
    assert found.field("address").value == "Rivierpark\nKade 1, 1011 AB Amsterdam"
    assert found.field("order").value == ticket.order.code
    assert found.field("ticket").value == ticket.code
    assert found.field("desk").value == "+31201234567"
    assert dt.datetime.fromisoformat(found.field("starts").value) == event.starts_at
    assert "one person, once" in found.field("note").value
    assert known.sharingProhibited


def test_its_code_is_the_ticket_pages(client: FlaskClient, ticket: Ticket) -> None:
    [code] = fetch(client, ticket).known.barcodes
    assert code.format == "PKBarcodeFormatQR"
    assert code.altText == ticket.code
    assert barcodes.look_up(code.message).id == ticket.id
    assert code.message.encode(code.messageEncoding).isalnum()


def test_a_ticket_that_names_nobody_has_no_name(client: FlaskClient, shop: Shop) -> None:
    ticket = builders.make_order(shop, type_code="parking", tickets=1).tickets[0]
    found = fetch(client, ticket)
    assert "holder" not in found.field_keys
    assert found.field("note").value == "Don’t publish the code: it lets in one, once."


# ---- When ----


def change(event: Event, **columns: Any) -> None:
    with write():
        for name, value in columns.items():
            setattr(event, name, value)


def test_its_times_are_the_events_own(client: FlaskClient, ticket: Ticket) -> None:
    starts = dt.datetime(2030, 7, 6, 18, 30, tzinfo=dt.UTC)
    change(
        ticket.order.shop.event,
        timezone="Asia/Kathmandu",
        starts_at=starts,
        ends_at=starts + dt.timedelta(hours=4),
    )
    found = fetch(client, ticket)
    assert found.field("starts").value == "2030-07-07T00:15:00+05:45"
    for key in ("date", "starts", "begins", "ends"):
        assert found.field(key).ignoresTimeZone, "a traveller reads the event's clock"
    assert found.known.relevantDate == "2030-07-07T00:15:00+05:45"
    [interval] = found.known.relevantDates
    assert interval.startDate == "2030-07-06T22:15:00+05:45", "two hours before"
    assert interval.endDate == "2030-07-07T04:15:00+05:45"
    assert found.known.expirationDate == "2030-07-07T16:15:00+05:45"


def test_a_festival_of_days_is_relevant_on_each(client: FlaskClient, ticket: Ticket) -> None:
    event = ticket.order.shop.event
    change(event, ends_at=event.starts_at + dt.timedelta(days=2, hours=9))
    known = fetch(client, ticket).known
    assert known.relevantDate is None, "phones of old would put it away after the first evening"
    assert len(known.relevantDates) == 3
    for one, next_one in zip(known.relevantDates, known.relevantDates[1:], strict=False):
        assert one.endDate == next_one.startDate
    assert dt.datetime.fromisoformat(known.relevantDates[-1].endDate) == event.ends_at
    change(event, ends_at=event.starts_at + dt.timedelta(days=300))
    assert len(fetch(client, ticket).known.relevantDates) == 14


def test_an_event_without_an_end_is_over_some_time(client: FlaskClient, ticket: Ticket) -> None:
    event = ticket.order.shop.event
    change(event, ends_at=None)
    found = fetch(client, ticket)
    assert "ends" not in found.field_keys
    assert found.known.semantics.eventEndDate is None
    expires = dt.datetime.fromisoformat(found.known.expirationDate or "")
    assert expires == event.starts_at + dt.timedelta(hours=18)


# ---- How it looks ----


@pytest.mark.parametrize(
    ("colour", "taken"),
    [
        *((each, each) for each in ("#83245f", "#ffe066", "#000000", "#ffffff")),
        ("#ff6600", "#ff9147"),  # as on pages
    ],
)
def test_its_words_can_be_read_on_every_colour(
    client: FlaskClient, ticket: Ticket, colour: str, taken: str
) -> None:
    with write():
        ticket.order.shop.colour = colour
    known = fetch(client, ticket).known
    ground, text, label = (
        "#" + "".join(f"{int(part):02x}" for part in found[4:-1].split(", "))
        for found in (known.backgroundColor, known.foregroundColor, known.labelColor)
    )
    assert ground == taken
    assert min(contrast(ground, text), contrast(ground, label)) >= 4.5
    assert lightness_contrast(text, ground) >= LABEL_LC


SIZES = {"icon": (38, 38), "logo": (160, 50), "thumbnail": (90, 60)}


def check_sizes(found: Opened, *kinds: str) -> None:
    """PNGs at one, two and three pixels a point; the logo's box may be narrower."""
    assert {name.partition("@")[0].removesuffix(".png") for name in found.pictures} == set(kinds)
    assert len(found.pictures) == 3 * len(kinds)
    for name, picture in found.pictures.items():
        kind, _at, scale = name.removesuffix(".png").partition("@")
        factor = int(scale.removesuffix("x") or 1)
        width, height = (side * factor for side in SIZES[kind])
        assert picture.format == "PNG"
        if kind == "logo":
            assert picture.width <= width
            assert picture.height <= height
            assert width == picture.width or height == picture.height
        else:
            assert picture.size == (width, height)


def test_without_a_logo_it_has_a_drawn_one(client: FlaskClient, ticket: Ticket) -> None:
    found = fetch(client, ticket)
    check_sizes(found, "icon", "logo")
    icon = found.pictures["icon@3x.png"].convert("RGB")
    assert icon.getpixel((1, 1)) == (0x83, 0x24, 0x5F), "on the organiser's colour"
    assert (255, 255, 255) in {icon.getpixel((x, 57)) for x in range(114)}
    assert found.known.logoText == "Riverside Collective"


def test_its_logo_and_picture_are_the_organisers(client: FlaskClient, ticket: Ticket) -> None:
    shop = ticket.order.shop
    events.set_picture(shop.event, images.event_picture(drawing((1200, 630))), seen=0)
    shops.set_logo(shop, images.logo(drawing((400, 100))), seen=0)
    found = fetch(client, ticket)
    check_sizes(found, "icon", "logo", "thumbnail")
    assert found.pictures["logo@3x.png"].size == (480, 120)
    assert found.known.logoText is None, "a wide logo is a name already"
    shops.set_logo(shop, images.logo(drawing((100, 100))), seen=shop.logo_id or 0)
    assert fetch(client, ticket).known.logoText == "Riverside Collective"


# ---- Languages ----


def test_it_speaks_every_language_that_we_do(client: FlaskClient, ticket: Ticket) -> None:
    found = fetch(client, ticket)
    assert set(found.strings) == set(spoken.spoken())
    labels = {each.label for each in found.known.eventTicket.all()}
    for words in found.strings.values():
        assert labels <= words.keys()
        assert found.field("note").value in words


def test_a_phone_in_another_language_reads_its_own_words(
    client: FlaskClient, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    teach(monkeypatch, "fr", {"Order": "Order, en français"})
    found = fetch(client, ticket)
    assert found.field("order").label == "Order"
    assert found.strings["en"]["Order"] == "Order"
    assert found.strings["fr"]["Order"] == "Order, en français"


def test_nobody_is_translated(client: FlaskClient, ticket: Ticket) -> None:
    """Wallet translates any text that it finds among the words."""
    for name in ("Name", "Order", "Ticket type"):
        with write():
            ticket.first_name, ticket.last_name = name, ""
        found = fetch(client, ticket)
        assert found.field("holder").value == name
        assert all(name not in words for words in found.strings.values())


# ---- Whatever people are called ----


def test_names_of_the_world_are_written_exactly(client: FlaskClient, ticket: Ticket) -> None:
    for name in GOOD:
        with write():
            ticket.first_name = names.tidy(name)
        assert fetch(client, ticket).field("holder").value == f"{names.tidy(name)} Visser"


def test_hostile_texts_stay_texts(client: FlaskClient, ticket: Ticket) -> None:
    event, shop = ticket.order.shop.event, ticket.order.shop
    legal = list(filter(None, map(legal_in, hostile.STRINGS)))
    assert len(legal) > 400
    for texts in zip(*[iter(legal)] * 25, strict=False):
        with write():
            event.name, shop.organiser.name = "".join(texts[:5])[:200], "".join(texts[5:10])[:200]
            event.place = "\n".join(texts)
            ticket.type.name, ticket.first_name, ticket.last_name = texts[10:13]
        found = fetch(client, ticket)
        assert found.field("event").value == event.name
        assert found.field("address").value == event.place
        assert found.field("type").value == ticket.type.name
        assert found.field("holder").value == f"{ticket.first_name} {ticket.last_name}"
        assert found.known.organizationName == shop.organiser.name


def legal_in(text: str) -> str:
    """The text as a form takes it; "" if it doesn't."""
    try:
        return names.tidy(text)[:200]
    except names.RefusedCharacter:
        return ""


# ---- One ticket, one pass ----


def test_its_number_tells_nothing_and_is_its_own(client: FlaskClient, ticket: Ticket) -> None:
    other = builders.claim(ticket.order.tickets[1], **builders.BOB)
    one, two = fetch(client, ticket).known, fetch(client, other).known
    assert one.serialNumber != two.serialNumber
    assert one.groupingIdentifier == two.groupingIdentifier, "two of an event lie together"
    for secret in (str(ticket.link_id), links.ticket_token(ticket), ticket.code):
        assert secret not in one.serialNumber
    for kind in "ost":
        assert client.get(f"/{kind}/{one.serialNumber}").status_code == 404
    assert fetch(client, ticket).known.serialNumber == one.serialNumber


def test_nothing_in_it_is_a_link(client: FlaskClient, ticket: Ticket) -> None:
    found = fetch(client, ticket)
    said = str(found.content)
    assert links.ticket_token(ticket) not in said
    assert "http" not in said
    assert {"webServiceURL", "authenticationToken"}.isdisjoint(found.content)


def test_after_a_new_barcode_the_pass_takes_the_place_of_the_old_one(
    client: FlaskClient, ticket: Ticket
) -> None:
    """The same number: Wallet replaces what it has. The old code is refused at the door."""
    before = fetch(client, ticket).known
    ticket = admission.new_barcode(ticket, builders.ORGANISER)
    after = fetch(client, ticket).known
    assert before.serialNumber == after.serialNumber
    assert before.barcodes[0].message != after.barcodes[0].message
    with pytest.raises(barcodes.BarcodeRefused, match="replaced"):
        barcodes.look_up(before.barcodes[0].message)


def test_once_inside_the_pass_is_used_up(client: FlaskClient, ticket: Ticket) -> None:
    assert not fetch(client, ticket).known.voided
    admission.check_in(barcodes.text_of(ticket), builders.ORGANISER)
    assert fetch(client, ticket).known.voided


# ---- Who gets none ----


def test_switched_off_there_is_none(client: FlaskClient, ticket: Ticket) -> None:
    with write():
        ticket.order.shop.download_enabled = False
    answer = client.get(path_of(ticket))
    assert answer.status_code == 403
    assert "can’t be downloaded here" in answer.text


def test_cancelled_there_is_none(client: FlaskClient, ticket: Ticket) -> None:
    cancelling.cancel_ticket(ticket, builders.ORGANISER)
    assert client.get(path_of(ticket)).status_code == 410


def test_reopened_the_link_is_gone_and_without_a_holder_there_is_none(
    client: FlaskClient, ticket: Ticket
) -> None:
    old = path_of(ticket)
    chosen = {ticket.id: ticket.revision}
    personalisation.reopen(ticket.order, chosen, "", builders.ORGANISER)
    assert client.get(old).status_code == 410
    assert client.get(path_of(ticket)).status_code == 409


def test_of_an_organiser_who_doesnt_sign_there_is_none(client: FlaskClient) -> None:
    """Another organiser's certificate signs nothing of theirs."""
    other = builders.make_shop(organiser_name="Rival Nights")
    ticket = builders.claim(builders.make_order(other).tickets[0])
    answer = client.get(path_of(ticket))
    assert answer.status_code == 404
    assert "can’t be added to that wallet" in answer.text


def test_with_a_certificate_that_ran_out_there_is_none(
    client: FlaskClient, ticket: Ticket, apple: AppleWallet
) -> None:
    with write():
        apple.expires_at = now() - dt.timedelta(seconds=1)
    assert client.get(path_of(ticket)).status_code == 404


def test_with_other_secrets_of_the_installation_there_is_none(
    client: FlaskClient, ticket: Ticket, apple: AppleWallet
) -> None:
    with write():
        apple.private_key = apple.private_key[:-8] + "AAAAAAA="
    assert client.get(path_of(ticket)).status_code == 404

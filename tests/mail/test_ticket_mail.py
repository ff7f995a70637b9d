"""A holder gets their ticket."""

import icalendar
import pypdfium2
import zxingcpp
from flask import Flask

from tests import builders
from tests.mail.reading import Page, links_of
from tests.smtp import Received, SmtpServer
from ticketing import cancelling, links, personalisation, sending
from ticketing.carried import barcodes
from ticketing.config import Settings
from ticketing.models import Order, Ticket, now
from ticketing.ordering.orders import Line
from ticketing.posting import delivery


def delivered(server: SmtpServer, recipient: str = "anna@example.org") -> Received:
    delivery.deliver_waiting()
    [mail] = server.to(recipient)
    return mail


def pdf_of(mail: Received, name: str = "ticket.pdf") -> pypdfium2.PdfDocument:
    part = mail.files[name]
    assert part.get_content_type() == "application/pdf"
    return pypdfium2.PdfDocument(part.get_content())


def test_it_brings_the_link_to_the_ticket_page(server: SmtpServer, open_ticket: Ticket) -> None:
    builders.claim(open_ticket)
    mail = delivered(server)
    assert links_of(mail) == {links.ticket_url(open_ticket)}
    assert mail.message["Subject"] == "Your ticket for Riverside Festival"
    for words in (mail.text, Page(mail.html).words):
        assert "Anna Visser" in words
        assert open_ticket.code in words
        assert "in the PDF attached" in words


def test_its_pdf_is_the_ticket(server: SmtpServer, open_ticket: Ticket) -> None:
    builders.claim(open_ticket)
    document = pdf_of(delivered(server))
    assert len(document) == 1
    assert "Anna Visser" in document[0].get_textpage().get_text_range()
    image = document[0].render(scale=150 / 72).to_pil()
    [code] = zxingcpp.read_barcodes(image)
    assert barcodes.look_up(code.text).id == open_ticket.id


def test_its_calendar_file_is_the_event_and_no_link(
    server: SmtpServer, open_ticket: Ticket
) -> None:
    builders.claim(open_ticket)
    part = delivered(server).files["event.ics"]
    assert part.get_content_type() == "text/calendar"
    calendar = icalendar.Calendar.from_ical(part.get_content())
    [entry] = calendar.walk("VEVENT")
    assert str(entry["SUMMARY"]) == "Riverside Festival"
    assert entry.decoded("DTSTART") == open_ticket.order.shop.event.starts_at
    assert "URL" not in entry
    assert links.ticket_token(open_ticket) not in part.get_content()


def test_file_names_and_headers_tell_no_name(server: SmtpServer, open_ticket: Ticket) -> None:
    builders.claim(open_ticket)
    mail = delivered(server)
    assert list(mail.files) == ["ticket.pdf", "event.ics"]
    headers = mail.raw.partition(b"\r\n\r\n")[0]
    assert b"Visser" not in headers
    assert open_ticket.order.code.encode() not in headers


def test_while_downloads_are_off_it_says_when_the_ticket_comes(
    server: SmtpServer, app: Flask
) -> None:
    shop = builders.make_shop(download_enabled=False, delivery_note="It comes a week ahead.")
    builders.claim(builders.make_order(shop).tickets[0])
    mail = delivered(server)
    assert list(mail.files) == ["event.ics"]
    assert "It comes a week ahead." in mail.text
    assert "QR code" not in mail.text
    assert "PDF attached" not in mail.text


def test_without_the_organisers_own_words_it_says_it_comes_later(
    server: SmtpServer, app: Flask
) -> None:
    builders.claim(builders.make_order(builders.make_shop(download_enabled=False)).tickets[0])
    assert "sends this ticket by email closer to the event" in delivered(server).text


def edit(ticket: Ticket, **details: str) -> None:
    personalisation.edit(
        ticket,
        {**builders.ANNA, **details},
        builders.ORGANISER,
        revision=ticket.revision,
        new_barcode=True,
        mail_holder=True,
    )


def test_after_an_edit_it_warns_of_the_earlier_code(
    server: SmtpServer, open_ticket: Ticket
) -> None:
    builders.claim(open_ticket)
    delivery.deliver_waiting()
    server.received.clear()
    edit(open_ticket, first_name="Anne")
    mail = delivered(server)
    assert "corrected the details" in mail.text
    assert "may not be valid any more" in mail.text
    assert "Anne Visser" in pdf_of(mail)[0].get_textpage().get_text_range()


def test_a_mail_still_waiting_never_takes_the_new_link_to_the_former_address(
    server: SmtpServer, open_ticket: Ticket
) -> None:
    builders.claim(open_ticket)
    edit(open_ticket, email="new@example.org")
    report = delivery.deliver_waiting()
    assert report.withdrawn == 1
    assert server.to("anna@example.org") == []
    [mail] = server.to("new@example.org")
    assert links_of(mail) == {links.ticket_url(open_ticket)}
    withdrawn = builders.mails_of(open_ticket.order, "ticket")[0]
    assert delivery.error_of(withdrawn) == "Another email address is on file now."


def test_a_ticket_that_was_opened_again_is_not_mailed(
    server: SmtpServer, open_ticket: Ticket
) -> None:
    builders.claim(open_ticket)
    personalisation.reopen(
        open_ticket.order, {open_ticket.id: open_ticket.revision}, "", builders.ORGANISER
    )
    delivery.deliver_waiting()
    assert server.to("anna@example.org") == []


def test_a_cancelled_ticket_is_not_mailed(server: SmtpServer, open_ticket: Ticket) -> None:
    builders.claim(open_ticket)
    cancelling.cancel_ticket(open_ticket, builders.ORGANISER)
    assert delivery.deliver_waiting().withdrawn == 1
    assert server.to("anna@example.org") == []


def test_a_ticket_that_asks_for_no_details_goes_to_the_booker(
    server: SmtpServer, app: Flask
) -> None:
    order = builders.make_order(lines=[Line("parking", 1)])
    delivery.deliver_waiting()
    server.received.clear()
    sending.mail_ticket(order.tickets[0], builders.ORGANISER)
    mail = delivered(server, "bea@example.org")
    assert "Holder" not in mail.text
    assert "Parking" in mail.text
    assert len(pdf_of(mail)) == 1


def test_a_pdf_that_cannot_be_made_delays_the_mail_and_nothing_else(
    server: SmtpServer, settings: Settings, open_ticket: Ticket
) -> None:
    folder = settings.instance_path / "pdf"
    folder.touch()  # a file where the folder of made PDFs should be
    builders.claim(open_ticket)
    report = delivery.deliver_waiting()
    assert (report.sent, report.waiting) == (1, 1)
    [stored] = builders.mails_of(open_ticket.order, "ticket")
    assert (stored.state, stored.attempts) == ("waiting", 1)
    assert stored.next_attempt_at > now()
    folder.unlink()
    delivery.retry(stored.id)
    assert len(pdf_of(delivered(server))) == 1


def test_the_resent_order_lists_what_is_ready_and_what_is_missing(
    server: SmtpServer, app: Flask
) -> None:
    order = builders.make_order(lines=[Line("weekend", 2), Line("parking", 1)])
    builders.claim(order.tickets[0])
    delivery.deliver_waiting()
    server.received.clear()
    sending.resend_order(order, builders.ORGANISER)
    mail = delivered(server, "bea@example.org")
    first, _second, parking = order.tickets
    assert links_of(mail) == {
        links.order_url(order),
        links.ticket_url(first),
        links.ticket_url(parking),
    }
    for words in (mail.text, Page(mail.html).words):
        assert "Ticket 1 – Weekend, Anna Visser" in words
        assert "Ticket 2 – Weekend: no name yet" in words
        assert "Ticket 3 – Parking" in words
        assert "holds the 2 tickets that are ready" in words
        assert "1 ticket still needs a name" in words
    texts = [page.get_textpage().get_text_range() for page in pdf_of(mail, "tickets.pdf")]
    assert "Anna Visser" in texts[0]
    assert list(mail.files) == ["tickets.pdf"]


def test_the_resent_order_comes_without_files_where_none_is_ready(
    server: SmtpServer, order_of_five: Order
) -> None:
    sending.resend_order(order_of_five, builders.ORGANISER)
    delivery.deliver_waiting()
    confirmation, resent = server.received
    assert links_of(resent) == links_of(confirmation) == {links.order_url(order_of_five)}
    assert resent.files == {}
    assert "5 tickets still need a name" in resent.text


def test_the_resent_order_holds_no_files_while_downloads_are_off(
    server: SmtpServer, app: Flask
) -> None:
    order = builders.make_order(builders.make_shop(download_enabled=False))
    builders.claim(order.tickets[0])
    sending.resend_order(order, builders.ORGANISER)
    delivery.deliver_waiting()
    resent = server.to("bea@example.org")[-1]
    assert resent.files == {}
    assert "closer to the event" in resent.text

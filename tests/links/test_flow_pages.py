"""The whole story over HTTP, without a browser: each page answers, each form arrives."""

import html
import re

import pypdfium2
import zxingcpp
from flask.testing import FlaskClient

from tests import builders
from ticketing import links
from ticketing.carried import barcodes
from ticketing.models import Order


def token_in(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found
    return found.group(1)


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    assert found, name
    return html.unescape(found.group(1))


def test_the_whole_story(client: FlaskClient, order_of_five: Order) -> None:
    overview = f"/o/{links.order_token(order_of_five)}"
    page = client.get(overview).text
    assert page.count("Not assigned") == 5
    assert "0 of 5 personalised" in page

    # The booker claims the first.
    dialog = client.get(f"{overview}/tickets/1/claim").text
    assert hidden(dialog, "first_name") == "Bea"
    answer = client.post(
        f"{overview}/tickets/1/claim",
        data={
            "csrf_token": token_in(dialog),
            "round": hidden(dialog, "round"),
            "first_name": "Bea",
            "last_name": "Booker",
            "email": "bea@example.org",
        },
    )
    assert answer.status_code == 303
    assert "Ready – Bea B." in client.get(overview).text

    # And shares the second.
    dialog = client.get(f"{overview}/tickets/2/share").text
    url = hidden_link(dialog)
    assert client.get(overview).text.count("Link shared") == 0
    answer = client.post(
        f"{overview}/tickets/2/share",
        data={
            "csrf_token": token_in(dialog),
            "generation": hidden(dialog, "generation"),
            "channel": "whatsapp",
        },
    )
    assert answer.status_code == 303
    assert "Link shared, waiting" in client.get(overview).text

    # A visitor opens the link, mistypes, corrects, and has a ticket.
    form = client.get(url)
    assert form.status_code == 200
    typed = {
        "csrf_token": token_in(form.text),
        "round": hidden(form.text, "round"),
        "first_name": "Zoë",
        "last_name": "",
        "email": "zoe@",
        "phone": "06 12345678",
    }
    refused = client.post(url, data=typed)
    assert refused.status_code == 422
    assert 'value="Zoë"' in refused.text
    assert 'aria-invalid="true"' in refused.text
    answer = client.post(url, data=typed | {"last_name": "Ünal", "email": "zoe@example.org"})
    assert answer.status_code == 303
    ticket_page = answer.headers["Location"]
    assert ticket_page.startswith("/t/")
    page = client.get(ticket_page).text
    assert "Zoë Ünal" in page

    pdf = client.get(f"{ticket_page}/ticket.pdf")
    assert pdf.mimetype == "application/pdf"
    image = pypdfium2.PdfDocument(pdf.data)[0].render(scale=150 / 72).to_pil()
    barcode = zxingcpp.read_barcodes(image)[0].text
    assert barcodes.look_up(barcode).first_name == "Zoë"

    # The link is spent, and tells nothing of who has the ticket.
    spent = client.get(url)
    assert spent.status_code == 410
    assert "Zoë" not in spent.text
    assert builders.mails_of(order_of_five, "ticket")[-1].recipient == "zoe@example.org"


def hidden_link(page: str) -> str:
    found = re.search(r'value="http://[^/]+(/s/[^"]+)"', page)
    assert found
    return found.group(1)


def test_the_refusal_wears_the_header_of_its_event_where_it_fills_the_page(
    client: FlaskClient, order_of_five: Order
) -> None:
    link = builders.share(order_of_five.tickets[0])
    builders.share(order_of_five.tickets[0])
    for headers, whole in (
        ({}, True),
        ({"HX-Request": "true", "HX-Target": "main"}, True),
        ({"HX-Request": "true", "HX-Target": "dialog"}, False),
        ({"Sec-Fetch-Dest": "empty"}, False),  # a script that says it in its own words
    ):
        page = client.get(link, headers=headers)
        assert page.status_code == 410
        assert "This link is no longer valid" in page.text
        assert ('<header class="hero">' in page.text) == whole, headers

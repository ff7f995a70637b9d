"""A page's own form, sent by htmx: it ends where the browser would have ended by itself."""

from flask.testing import FlaskClient

from tests import builders
from tests.links.test_flow_pages import hidden, token_in
from ticketing import links
from ticketing.models import Order

BY_SCRIPT = {"HX-Target": "main"}


def test_it_leads_on_and_is_followed_once(client: FlaskClient, order_of_five: Order) -> None:
    mine = order_of_five.tickets[0]
    page = builders.share(mine)
    form = client.get(page).text
    answer = client.post(
        f"{page}?lang=nl",
        data={"csrf_token": token_in(form), "round": hidden(form, "round"), **builders.ANNA},
        headers=BY_SCRIPT,
    )
    assert (answer.status_code, answer.data) == (204, b"")
    assert answer.headers["HX-Redirect"] == f"/t/{links.ticket_token(mine)}?lang=nl"
    assert "Location" not in answer.headers


def test_refusals_come_as_they_are(client: FlaskClient, order_of_five: Order) -> None:
    page = builders.share(order_of_five.tickets[0])
    form = client.get(page).text
    sent = {"csrf_token": token_in(form), "round": hidden(form, "round")}
    assert client.post(page, data=sent, headers=BY_SCRIPT).status_code == 422
    builders.claim(order_of_five.tickets[0])
    assert client.post(page, data={**sent, **builders.ANNA}, headers=BY_SCRIPT).status_code == 409


def test_what_goes_into_a_dialog_is_not_led_away(client: FlaskClient, order_of_five: Order) -> None:
    page = builders.share(order_of_five.tickets[0])
    form = client.get(page).text
    answer = client.post(
        page,
        data={"csrf_token": token_in(form), "round": hidden(form, "round"), **builders.ANNA},
        headers={"HX-Request": "true", "HX-Target": "dialog"},
    )
    assert answer.status_code == 303
    assert "HX-Redirect" not in answer.headers


def test_what_leads_nowhere_is_shown_over_the_form(
    client: FlaskClient, order_of_five: Order
) -> None:
    page = builders.share(order_of_five.tickets[0])
    for path in (f"{page}/nothing", "/nothing"):
        answer = client.post(path, headers=BY_SCRIPT)
        assert (answer.status_code, answer.headers["HX-Retarget"]) == (404, "#dialog")
    answer = client.post(page, headers={**BY_SCRIPT, "Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, answer.headers["HX-Retarget"]) == (403, "#dialog")
    assert "HX-Retarget" not in client.get("/nothing", headers=BY_SCRIPT).headers

"""The backoffice's own forms, sent by htmx in the browser's place: no answer takes one away."""

from typing import Any

from tests.backoffice.browsing import Browser, forms_in
from tests.backoffice.conftest import PASSWORD
from ticketing.models import Order, Shop

NEW_KEY = "/backoffice/api-keys/new"


def on(page: str) -> dict[str, str]:
    """What htmx says of a form that stands on this page."""
    return {"HX-Target": "main", "HX-Current-URL": f"http://localhost{page}"}


def submit(browser: Browser, page: str, **typed: Any) -> Any:
    return browser.submit(page, headers=on(page), **typed)


def test_signing_out_leads_on(olga: Browser) -> None:
    token = {"csrf_token": olga.token()}
    answer = olga.post("/backoffice/sign-out", token, headers=on("/backoffice/shops"))
    assert (answer.status_code, answer.data) == (204, b"")
    assert answer.headers["HX-Redirect"] == "/backoffice/sign-in"
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert olga.get("/backoffice/orders").status_code == 302


def test_what_was_done_is_said_once(olga: Browser, shop: Shop) -> None:
    page = f"/backoffice/events/{shop.event_id}/edit"
    answer = submit(olga, page, name="Riverside II")
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, page)
    assert "HX-Refresh" not in answer.headers
    assert "The event was saved." in olga.get(page).text
    assert "The event was saved." not in olga.get(page).text


def test_what_is_further_down_the_same_page_is_loaded_anew(olga: Browser, shop: Shop) -> None:
    """Browsers would only scroll there."""
    page = f"/backoffice/events/{shop.event_id}/ticket-types"
    kind = shop.event.ticket_types[0].id
    for here, loaded in ((page, "true"), (f"{page}#type-{kind}", "true"), (f"{page}?all=1", None)):
        answer = olga.post(
            f"/backoffice/ticket-types/{kind}/move",
            {"csrf_token": olga.token(), "to": "down"},
            headers=on(here),
        )
        assert answer.headers["HX-Redirect"] == f"{page}#type-{kind}"
        assert answer.headers.get("HX-Refresh") == loaded


def test_a_form_with_slips_is_no_page_of_its_own(olga: Browser) -> None:
    answer = submit(olga, NEW_KEY, name="")
    assert answer.status_code == 422
    assert not {"HX-Push-Url", "HX-Retarget"} & set(answer.headers.keys())


def test_back_leads_from_what_follows_to_the_form(olga: Browser) -> None:
    made = submit(olga, f"{NEW_KEY}?from=list", name="Till", scopes=["orders:read"])
    assert made.status_code == 201
    assert made.headers["HX-Push-Url"] == f"{NEW_KEY}?from=list"


def test_a_refusal_is_shown_over_the_form(olga: Browser, order: Order) -> None:
    page = f"/backoffice/tickets/{order.tickets[0].id}/resend"
    for path, status in ((page, 409), ("/backoffice/orders/999999/cancel", 404), (page, 400)):
        token = {"csrf_token": olga.token()} if status != 400 else {}
        answer = olga.post(path, token, headers=on(page))
        assert (answer.status_code, answer.headers["HX-Retarget"]) == (status, "#dialog")
        assert "data-close" in answer.text  # and can be put away
        assert "HX-Push-Url" not in answer.headers


def test_whose_session_has_ended_keeps_a_dialogs_form_and_one_with_a_preview(
    olga: Browser, order: Order
) -> None:
    """Edit, edit contact; and what is asked for as somebody types."""
    olga.post("/backoffice/sign-out", {"csrf_token": olga.token()})
    ticket, shop = order.tickets[0], order.shop
    for method, path, target, place in (
        ("POST", f"/backoffice/tickets/{ticket.id}/edit", "dialog", "#dialog [data-notice]"),
        ("POST", f"/backoffice/orders/{order.id}/contact/edit", "contact", "#notice"),
        ("POST", f"/backoffice/events/{shop.event_id}/fields", "asking-preview", "#notice"),
        ("GET", f"/backoffice/shops/{shop.id}/colour", "colour-preview", "#notice"),
        ("GET", "/backoffice/shops/new/address", "address-preview", "#notice"),
    ):
        headers = {"HX-Request": "true", "HX-Target": target}
        answer = olga.request(method, path, headers=headers)
        assert (answer.status_code, answer.headers["HX-Retarget"]) == (401, place)
        assert answer.headers["HX-Reswap"] == "innerHTML"
        assert "Nothing you typed is lost." in answer.text
        assert "HX-Redirect" not in answer.headers
    opening = {"HX-Request": "true", "HX-Target": "dialog"}  # there is nothing to lose yet
    answer = olga.get(f"/backoffice/tickets/{ticket.id}/edit", headers=opening)
    assert answer.headers["HX-Redirect"].startswith("/backoffice/sign-in")


def test_whose_session_has_ended_keeps_the_form(olga: Browser, shop: Shop) -> None:
    """And sends it again after signing in, in another window of the browser."""
    page = f"/backoffice/events/{shop.event_id}/ticket-types/new"
    typed: dict[str, Any] = {**olga.fields(page), "name": "Backstage", "code": "backstage"}
    olga.post("/backoffice/sign-out", {"csrf_token": olga.token()})
    answer = olga.post(page, typed, headers=on(page))
    assert (answer.status_code, answer.headers["HX-Retarget"]) == (401, "#dialog")
    assert "Nothing you typed is lost." in answer.text

    olga.sign_in("olga@example.org", PASSWORD)
    form = olga.post(page, typed, headers=on(page))
    assert form.status_code == 422  # it was drawn in another session, and says so
    assert 'value="Backstage"' in form.text
    answer = olga.send(page, forms_in(form.text)[page], headers=on(page))
    assert answer.status_code == 204
    assert [each.name for each in shop.event.ticket_types].count("Backstage") == 1

"""A shop whose event has no ticket types yet."""

from flask.testing import FlaskClient

from tests import builders
from tests.orders.test_shop_page import form_of
from ticketing.storing.transactions import write


def test_it_says_that_nothing_is_on_sale(client: FlaskClient) -> None:
    shop = builders.make_shop()
    with write() as session:
        for each in list(shop.event.ticket_types):
            session.delete(each)
    page = client.get(f"/shop/{shop.slug}")
    assert page.status_code == 200
    assert "Nothing is on sale here at the moment." in page.text
    assert "Complete order" not in page.text
    assert 'href="https://wa.me/31201234567"' in page.text


def test_a_form_sent_all_the_same_is_told_so(client: FlaskClient) -> None:
    shop = builders.make_shop()
    url = f"/shop/{shop.slug}"
    form = form_of(client.get(url).text) | {"first_name": "Bea", "email": "bea@example.org"}
    with write() as session:
        for each in list(shop.event.ticket_types):
            session.delete(each)
    for data in (form, {}):
        answer = client.post(url, data=data)
        assert answer.status_code == 422
        assert "Nothing is on sale here at the moment." in answer.text

"""F5: the server is stopped or renewed while people claim: each is answered, or nobody listens."""

import signal

from flask import Flask

from tests import clients
from tests.live_server import LiveServer
from tests.outages.forms import claims
from tests.outages.sending import DONE, REFUSED, sending

CLAIMS = 60


def test_no_claim_fails_when_the_server_is_renewed(app: Flask, server: LiveServer) -> None:
    claimed = claims(app, CLAIMS)
    with sending(clients.address_of(server), claimed.filled_in(server)) as sent:
        sent.wait_for(DONE, CLAIMS // 6)
        server.process.send_signal(signal.SIGHUP)
        sent.finish()
    print(sent.told)
    assert set(sent.told) == {DONE}
    claimed.check(sent)


def test_no_claim_fails_when_the_server_is_stopped(app: Flask, server: LiveServer) -> None:
    claimed = claims(app, CLAIMS)
    with sending(clients.address_of(server), claimed.filled_in(server), people=8) as sent:
        sent.wait_for(DONE, CLAIMS // 6)
        assert server.stop() == 0
        sent.wait_for(REFUSED)
    print(sent.told)
    assert set(sent.told) == {DONE, REFUSED}
    claimed.check(sent)

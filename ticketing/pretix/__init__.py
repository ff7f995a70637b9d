"""A pretix in front: its orders become ours, and names given here can go back to it.

pretix tells us by a webhook that something happened to an order. It isn't signed, so nothing in
it is believed: the order is fetched over pretix's REST API, and what that answers is the truth.
A webhook that comes twice, late or in another sequence than the others therefore changes nothing.
https://docs.pretix.eu/dev/api/

    problems.py     what can be wrong, in words that say what to do
    client.py       pretix's API
    reading.py      an order of pretix's in our own words
    catalogue.py    what pretix sells
    sealed.py       its API token, encrypted
    trying.py       what somebody types to connect a shop, and whether pretix takes it
    connections.py  a shop's connection: its settings, and which product is which ticket type
    progress.py     what of its calls waits, and what has failed
    queue.py        the fetches and writes that wait
    sync.py         an order of pretix's becomes ours, and stays so
    write_back.py   what was personalised here goes back
    handlers.py     what `ticketing/calls/` runs
"""

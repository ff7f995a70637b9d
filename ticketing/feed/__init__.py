"""The change feed: whoever waits for an order hears of its newest version.

A row in `changes` (see `live.py`) → the process's watcher → the subscribers of that order → as
server-sent events to the open overviews.
"""

from ticketing.feed.pruning import prune
from ticketing.feed.streams import stream
from ticketing.feed.watcher import Feed, Subscription, TooManyStreams, feed_of

__all__ = ["Feed", "Subscription", "TooManyStreams", "feed_of", "prune", "stream"]

"""The change feed: whoever waits for an order hears of its newest version.

A row in `changes` (see `live.py`) → the process's watcher → the subscribers of that order → as
server-sent events to the open overviews, by the process's sender (`sender.py`) or whoever iterates.
"""

from ticketing.feed.pruning import prune
from ticketing.feed.streams import Stream, stream
from ticketing.feed.watcher import Feed, Subscription, TooManyStreams, feed_of

__all__ = ["Feed", "Stream", "Subscription", "TooManyStreams", "feed_of", "prune", "stream"]

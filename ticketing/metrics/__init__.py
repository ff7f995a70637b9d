"""Numbers for whoever watches the installation: what happens, how long it takes, what waits.

`measures.py` says which there are; `sharing.py` adds up those of all processes; `waiting.py` asks
the database; `exposition.py` writes all of it the way Prometheus reads. Who has something to
count says so in one line: `metrics.current().mails.labels(kind, "sent").inc()`.
"""

from ticketing.metrics.at_work import pdf_asked_for, told
from ticketing.metrics.happened import note
from ticketing.metrics.measures import Measures, current, init_app, of_app, share

__all__ = ["Measures", "current", "init_app", "note", "of_app", "pdf_asked_for", "share", "told"]

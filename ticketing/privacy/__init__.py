"""Whose details are where, and that they go: when their time is over, and when somebody asks.

`people.py` finds somebody, `stories.py` tells whose a value in a history was, `erasing.py` takes
details out of orders and all that belongs to them, `asked.py` when somebody asks for it,
`retention.py` when an event's time is over. `held.py` hands out all that is held of one person.
`again.py` erases once more whom a restored backup has brought back, `remains.py` clears what erased
rows leave on the disk.
"""

"""Telling an organiser's own programs what happens to their orders (Standard Webhooks).

`happenings.py` notes it in the transaction that caused it, `payload.py` says it, `secrets.py`
signs it, `sending.py` sends it, and `endpoints.py` holds the rules of whom to tell.
"""

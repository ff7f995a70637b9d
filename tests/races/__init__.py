"""What PostgreSQL lets happen at once, brought about on purpose: see `tests.at_once.meeting_at`.

SQLite has one writer, so that none of it can happen there.
"""

"""The picture that messengers show beneath a link: from plain values to a JPEG.

Drawn in the processes that draw PDFs, with the same letters, so that an event is called what it
is called in every script. Knows no Flask, no database, no gettext.
"""

"""Tickets in the wallets of phones: Apple's `.pkpass` files and Google's save links.

    offers.py           which wallets a ticket can be added to, and where
    accounts.py         what an organiser signs with: the rows, and how long they are good
    apple_settings.py   an organiser's Pass Type ID certificate: asked for, checked, kept
    google_settings.py  their issuer account and service account with Google
    unpacking.py        takes certificate files apart, in a confined process
    certificates.py     what such a file holds
    ending.py           who is told that a certificate runs out
    apple_pass.py       what a pass says            pictures.py   what it shows
    package.py          the signed file             google_link.py   the signed link
    opaque.py           names that tell nothing

Both are made when somebody asks for them, from what is true then, and kept nowhere. Nothing is
sent to Apple or Google by us: a phone takes the file, and a browser the link.
"""

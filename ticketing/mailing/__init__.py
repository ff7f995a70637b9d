"""How mails are worded, laid out, and handed to a mail server."""

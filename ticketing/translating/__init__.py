"""For those who translate: catalogues follow the code, and are checked against it."""

"""The OpenAPI document, written from the classes in `shapes/`."""

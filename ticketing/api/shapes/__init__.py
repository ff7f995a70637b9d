"""What goes in and out, as classes: they check bodies, shape answers and write the OpenAPI."""

"""Orders from a CSV file: read, checked row by row, then all written at once or none.

`reading` makes rows of bytes, `columns` knows what a file can hold, `checking` looks at rows a few
hundred at a time, `grouping` makes orders of them, `writing` places those in one transaction, and
`steps` is what people do with an import: upload, map, check, write, drop.
"""

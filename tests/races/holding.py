"""SQL that holds rows, for `meeting_at`."""


def hold(table: str, *ids: int) -> str:
    numbers = ", ".join(str(each) for each in ids)
    return f"SELECT id FROM {table} WHERE id IN ({numbers}) FOR UPDATE"  # noqa: S608 - our own

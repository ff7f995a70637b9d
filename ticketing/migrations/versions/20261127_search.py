"""Orders are found by an index of their own on either engine.

Revision ID: 20261127d
Revises: 20261127c
Create Date: 2026-11-26 22:50:00

"""
from collections import defaultdict
from types import SimpleNamespace

from alembic import op
import sqlalchemy as sa

from ticketing.search import texts


revision = '20261127d'
down_revision = '20261127c'
branch_labels = None
depends_on = None

ORDERS_AT_ONCE = 1000

# What the index is made of, see ticketing/search/terms.py: the text, then whose order it is, which
# shop's, how far, and of which day, 32 days and 1,024 days. A number is two characters, each one
# of 32,768 from U+F0000 on, behind one that says what is counted.
SQLITE_INDEXED = """{row}.text
  || char(57345, 983040 + ({row}.organiser_id >> 15), 983040 + ({row}.organiser_id & 32767))
  || char(57346, 983040 + ({row}.shop_id >> 15), 983040 + ({row}.shop_id & 32767))
  || char(57347) || substr({row}.progress, 1, 2)
  || char(57348, 983040 + ({day} >> 15), 983040 + ({day} & 32767))
  || char(57349, 983040 + ({day} >> 20), 983040 + ({day} >> 5 & 32767))
  || char(57350, 983040 + ({day} >> 25), 983040 + ({day} >> 10 & 32767))"""
SQLITE_DAY = "(strftime('%s', substr({row}.created_at, 1, 10)) / 86400)"

POSTGRESQL_INDEXED = """
CREATE FUNCTION search_terms(
  text text, organiser_id bigint, shop_id bigint, progress text, created_at timestamptz
) RETURNS bigint[] IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql COST 100000 AS $$
  SELECT array_agg((ascii(a)::bigint << 42) | (ascii(b)::bigint << 21) | ascii(c))
  FROM (SELECT (created_at AT TIME ZONE 'UTC')::date - '1970-01-01'::date AS day) AS at,
    LATERAL (SELECT string_to_array(
      text
      || chr(57345) || chr(983040 + (organiser_id >> 15)::int)
                    || chr(983040 + (organiser_id & 32767)::int)
      || chr(57346) || chr(983040 + (shop_id >> 15)::int) || chr(983040 + (shop_id & 32767)::int)
      || chr(57347) || left(progress, 2)
      || chr(57348) || chr(983040 + (day >> 15)) || chr(983040 + (day & 32767))
      || chr(57349) || chr(983040 + (day >> 20)) || chr(983040 + (day >> 5 & 32767))
      || chr(57350) || chr(983040 + (day >> 25)) || chr(983040 + (day >> 10 & 32767)),
      NULL) AS characters) AS indexed,
    unnest(characters, characters[2:], characters[3:]) AS term(a, b, c)
  WHERE c IS NOT NULL
$$"""


def indexed(row):
    return SQLITE_INDEXED.format(row=row, day=SQLITE_DAY.format(row=row))


def upgrade():
    op.create_table(
        'search_entries',
        sa.Column('order_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
        sa.Column('organiser_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('shop_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('progress', sa.String(length=20), nullable=False),
        sa.Column('name', sa.String(length=100).with_variant(sa.String(length=100, collation='C'), 'postgresql'), nullable=False),
        sa.Column('code', sa.String(length=100).with_variant(sa.String(length=100, collation='C'), 'postgresql'), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_search_entries_order_id'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('order_id', name=op.f('pk_search_entries')),
    )
    fill(op.get_bind())
    op.create_index('ix_search_entries_arrival', 'search_entries', ['organiser_id', 'created_at', 'order_id'])
    op.create_index('ix_search_entries_name', 'search_entries', ['organiser_id', 'name', 'order_id'])
    op.create_index('ix_search_entries_code', 'search_entries', ['organiser_id', 'code', 'order_id'])
    if op.get_bind().dialect.name == 'sqlite':
        index_on_sqlite()
    else:
        index_on_postgresql()
    op.drop_index('ix_orders_organiser_created', table_name='orders')
    op.drop_column('orders', 'search_text')


def index_on_sqlite():
    # Contentless, for triggers can say what was there: https://sqlite.org/fts5.html, 4.4.3 and 4.6.
    # The texts are folded already, and which orders have a term is enough: where it stands in them
    # is looked at in the few that are shown.
    op.execute(
        "CREATE VIRTUAL TABLE search_terms USING fts5(text, content='', columnsize=0, detail=none, "
        "tokenize='trigram case_sensitive 1')"
    )
    op.execute(f"INSERT INTO search_terms(rowid, text) SELECT order_id, {indexed('search_entries')} FROM search_entries")
    add = f"INSERT INTO search_terms(rowid, text) VALUES (new.order_id, {indexed('new')});"
    remove = (
        "INSERT INTO search_terms(search_terms, rowid, text) "
        f"VALUES ('delete', old.order_id, {indexed('old')});"
    )
    for when, what in (('INSERT', add), ('DELETE', remove), ('UPDATE', remove + add)):
        op.execute(
            f"CREATE TRIGGER search_entries_{when.lower()} AFTER {when} ON search_entries BEGIN {what} END"
        )


def index_on_postgresql():
    op.execute(POSTGRESQL_INDEXED)
    op.execute("SET LOCAL maintenance_work_mem = '256MB'")
    # Without the list of what is pending, which every search would have to read from end to end.
    op.execute(
        "CREATE INDEX ix_search_entries_terms ON search_entries USING gin "
        "(search_terms(text, organiser_id, shop_id, progress, created_at)) WITH (fastupdate = off)"
    )


def fill(connection):
    """An entry for each order, in the words of today's code, which is what will look for them."""
    columns = "id code reference first_name last_name email phone state organiser_id shop_id created_at"
    orders = sa.table('orders', *map(sa.column, columns.split()[:-1]), sa.column('created_at', sa.DateTime(timezone=True)))
    tickets = sa.table('tickets', *map(sa.column, "order_id position first_name last_name email phone state".split()))
    entries = sa.table('search_entries', *map(sa.column, "order_id organiser_id shop_id progress name code text".split()), sa.column('created_at', sa.DateTime(timezone=True)))
    last = 0
    while some := connection.execute(
        sa.select(orders).where(orders.c.id > last).order_by(orders.c.id).limit(ORDERS_AT_ONCE)
    ).all():
        last = some[-1].id
        of_order = defaultdict(list)
        for ticket in connection.execute(
            sa.select(tickets)
            .where(tickets.c.order_id >= some[0].id, tickets.c.order_id <= last)
            .order_by(tickets.c.order_id, tickets.c.position)
        ):
            of_order[ticket.order_id].append(ticket)
        connection.execute(sa.insert(entries), [entry_of(order, of_order[order.id]) for order in some])


def entry_of(order, tickets):
    order = SimpleNamespace(**order._mapping, tickets=tickets)
    return {
        'order_id': order.id,
        'organiser_id': order.organiser_id,
        'shop_id': order.shop_id,
        'created_at': order.created_at,
        'progress': texts.progress_of(order),
        'name': texts.name_of(order.first_name, order.last_name),
        'code': order.code,
        'text': texts.text_of(order),
    }


def downgrade():
    op.add_column('orders', sa.Column('search_text', sa.Text(), nullable=False, server_default=''))
    op.create_index('ix_orders_organiser_created', 'orders', ['organiser_id', 'created_at', 'id'])
    if op.get_bind().dialect.name == 'sqlite':
        lines = "substr(text, 1, instr(text, char(10) || char(57344)) - 1)"
    else:
        lines = "split_part(text, E'\\n' || chr(57344), 1)"
    op.execute(f"UPDATE orders SET search_text = coalesce("
               f"(SELECT {lines} FROM search_entries WHERE order_id = orders.id), '')")
    op.drop_table('search_entries')
    if op.get_bind().dialect.name == 'sqlite':
        op.execute("DROP TABLE search_terms")
    else:
        op.execute("DROP FUNCTION search_terms")

"""What the database knows of the keys that its links and barcodes were made with.

Revision ID: 20261127c
Revises: 20261127b
Create Date: 2026-11-26 23:50:00

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '20261127c'
down_revision = '20261127b'
branch_labels = None
depends_on = None


def upgrade():
    table = op.create_table('installation',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('keys', sa.JSON(), nullable=False),
    sa.Column('link_current', sa.Integer(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_installation'))
    )
    op.bulk_insert(table, [{'id': 1, 'keys': {}, 'link_current': None}])


def downgrade():
    op.drop_table('installation')

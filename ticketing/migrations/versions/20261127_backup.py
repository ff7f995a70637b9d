"""Which backup the database was in last: what was taken back since can be done again.

Revision ID: 20261127h
Revises: 20261127e
Create Date: 2026-11-27 04:45:00

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '20261127h'
down_revision = '20261127e'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('installation') as table:
        table.add_column(sa.Column('backup_mark', sa.String(length=32), nullable=True))
        table.add_column(sa.Column('backed_up_at', sa.DateTime(timezone=True), nullable=True))


def downgrade():
    with op.batch_alter_table('installation') as table:
        table.drop_column('backed_up_at')
        table.drop_column('backup_mark')

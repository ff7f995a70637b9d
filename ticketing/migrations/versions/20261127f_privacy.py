"""How long people's details are kept, whom people ask about theirs, and what an event's names obey.

Revision ID: 20261127f
Revises: 20261127h
Create Date: 2026-11-27 04:20:00

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '20261127f'
down_revision = '20261127h'
branch_labels = None
depends_on = None


def columns():
    """(table, column): events that were there before are kept until somebody says otherwise."""
    moment = sa.DateTime(timezone=True)
    return [
        ('organisers', sa.Column('privacy_contact', sa.String(length=320), nullable=False, server_default='')),
        ('organisers', sa.Column('privacy_notice', sa.String(length=500), nullable=False, server_default='')),
        ('events', sa.Column('retention_days', sa.Integer(), nullable=True)),
        ('events', sa.Column('erased_at', moment, nullable=True)),
        ('events', sa.Column('names_rule', sa.String(length=20), nullable=False, server_default='')),
    ]


def upgrade():
    for table, column in columns():
        op.add_column(table, column)


def downgrade():
    for table, column in columns():
        op.drop_column(table, column.name)

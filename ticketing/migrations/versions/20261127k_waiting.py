"""When an event's dates, or the days it keeps details for, were changed last.

Revision ID: 20261127k
Revises: 20261127j
Create Date: 2026-11-27 06:22:40.118203

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '20261127k'
down_revision = '20261127j'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('events', sa.Column('keeping_changed_at', sa.DateTime(timezone=True), nullable=True))


def downgrade():
    op.drop_column('events', 'keeping_changed_at')

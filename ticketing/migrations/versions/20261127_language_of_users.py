"""The language that a user is spoken to in.

Revision ID: 20261127i
Revises: 20261127g
Create Date: 2026-11-27 17:05:12.301544

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '20261127i'
down_revision = '20261127g'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column(
        'users', sa.Column('locale', sa.String(length=10), nullable=False, server_default='')
    )


def downgrade():
    op.drop_column('users', 'locale')

"""How often somebody may try something, counted for all processes together.

Revision ID: 20261127a
Revises: 20261124
Create Date: 2026-11-27 00:10:00.000000

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '20261127a'
down_revision = '20261124'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('limits',
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('subject', sa.String(length=32), nullable=False),
    sa.Column('spent_until', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('name', 'subject', name=op.f('pk_limits'))
    )
    op.create_index('ix_limits_spent_until', 'limits', ['spent_until'], unique=False)


def downgrade():
    op.drop_index('ix_limits_spent_until', table_name='limits')
    op.drop_table('limits')

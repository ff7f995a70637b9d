"""Digests of the forms that tickets were claimed with, and that made histories.

Revision ID: 20261127l
Revises: 20261127k
Create Date: 2026-11-27 11:20:00

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '20261127l'
down_revision = '20261127k'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('tickets', sa.Column('claim_digest', sa.String(length=64), nullable=True))
    op.add_column('history', sa.Column('form_digest', sa.String(length=64), nullable=True))


def downgrade():
    op.drop_column('history', 'form_digest')
    op.drop_column('tickets', 'claim_digest')

"""Whether somebody looked at the same a moment ago is found by when it was.

Revision ID: 20261127j
Revises: 20261127i
Create Date: 2026-11-27 06:24:00

"""
from alembic import op


# revision identifiers, used by Alembic.
revision = '20261127j'
down_revision = '20261127i'
branch_labels = None
depends_on = None

WHO = {'ix_audit_user': 'user_id', 'ix_audit_api_key': 'api_key_id'}


def upgrade():
    for name, who in WHO.items():
        op.drop_index(name, 'audit')
        op.create_index(name, 'audit', [who, 'action', 'order_id', 'at'])


def downgrade():
    for name, who in WHO.items():
        op.drop_index(name, 'audit')
        op.create_index(name, 'audit', [who, 'action', 'order_id'])

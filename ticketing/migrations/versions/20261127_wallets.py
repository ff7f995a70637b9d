"""Certificates and keys that tickets are signed with for Apple's and Google's wallets.

Revision ID: 20261127e
Revises: 20261127d
Create Date: 2026-11-27 09:12:40.118203

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '20261127e'
down_revision = '20261127d'
branch_labels = None
depends_on = None


def upgrade():
    row_id = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
    op.create_table('apple_wallets',
    sa.Column('id', row_id, nullable=False),
    sa.Column('link_id', sa.BigInteger(), nullable=False),
    sa.Column('organiser_id', row_id, nullable=False),
    sa.Column('requested_key', sa.Text(), nullable=False),
    sa.Column('private_key', sa.Text(), nullable=False),
    sa.Column('certificate', sa.Text(), nullable=False),
    sa.Column('intermediate', sa.Text(), nullable=False),
    sa.Column('pass_type_id', sa.String(length=255), nullable=False),
    sa.Column('team_id', sa.String(length=20), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('warned', sa.Integer(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['organiser_id'], ['organisers.id'], name=op.f('fk_apple_wallets_organiser_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_apple_wallets')),
    sa.UniqueConstraint('link_id', name=op.f('uq_apple_wallets_link_id')),
    sa.UniqueConstraint('organiser_id', name=op.f('uq_apple_wallets_organiser_id'))
    )
    op.create_table('google_wallets',
    sa.Column('id', row_id, nullable=False),
    sa.Column('link_id', sa.BigInteger(), nullable=False),
    sa.Column('organiser_id', row_id, nullable=False),
    sa.Column('issuer_id', sa.String(length=30), nullable=False),
    sa.Column('service_account', sa.String(length=320), nullable=False),
    sa.Column('private_key', sa.Text(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['organiser_id'], ['organisers.id'], name=op.f('fk_google_wallets_organiser_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_google_wallets')),
    sa.UniqueConstraint('link_id', name=op.f('uq_google_wallets_link_id')),
    sa.UniqueConstraint('organiser_id', name=op.f('uq_google_wallets_organiser_id'))
    )


def downgrade():
    op.drop_table('google_wallets')
    op.drop_table('apple_wallets')

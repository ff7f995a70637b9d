"""Who looked at people's data, took it out, or changed who may; nobody changes what stands there.

Revision ID: 20261127g
Revises: 20261127f
Create Date: 2026-11-27 04:25:00

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '20261127g'
down_revision = '20261127f'
branch_labels = None
depends_on = None

# An entry may go when it is this old (`audit.KEPT` is longer), and never be changed.
KEPT_DAYS = 90

POSTGRESQL = f"""
CREATE FUNCTION audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND OLD.at < now() - interval '{KEPT_DAYS} days' THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'the audit is kept as it was written';
END $$
"""


def upgrade():
    row_id = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
    op.create_table('audit',
    sa.Column('id', row_id, nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('organiser_id', row_id, nullable=True),
    sa.Column('user_id', row_id, nullable=True),
    sa.Column('api_key_id', row_id, nullable=True),
    sa.Column('action', sa.String(length=40), nullable=False),
    sa.Column('order_id', row_id, nullable=True),
    sa.Column('about', sa.JSON(), nullable=False),
    sa.Column('address', sa.String(length=32), nullable=False),
    sa.ForeignKeyConstraint(['api_key_id'], ['api_keys.id'], name=op.f('fk_audit_api_key_id')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_audit_order_id')),
    sa.ForeignKeyConstraint(['organiser_id'], ['organisers.id'], name=op.f('fk_audit_organiser_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_audit_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit'))
    )
    op.create_index('ix_audit_organiser', 'audit', ['organiser_id', 'id'])
    op.create_index('ix_audit_user', 'audit', ['user_id', 'action', 'order_id'])
    op.create_index('ix_audit_api_key', 'audit', ['api_key_id', 'action', 'order_id'])
    op.create_index('ix_audit_at', 'audit', ['at'])
    if op.get_bind().dialect.name == 'sqlite':
        refuse = "BEGIN SELECT RAISE(ABORT, 'the audit is kept as it was written'); END"
        op.execute(f"CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit {refuse}")
        op.execute(
            "CREATE TRIGGER audit_undeleted BEFORE DELETE ON audit "
            f"WHEN old.at >= datetime('now', '-{KEPT_DAYS} days') {refuse}"
        )
    else:
        op.execute(POSTGRESQL)
        op.execute(
            "CREATE TRIGGER audit_is_kept BEFORE UPDATE OR DELETE ON audit "
            "FOR EACH ROW EXECUTE FUNCTION audit_is_kept()"
        )


def downgrade():
    op.drop_table('audit')
    if op.get_bind().dialect.name != 'sqlite':
        op.execute("DROP FUNCTION audit_is_kept()")

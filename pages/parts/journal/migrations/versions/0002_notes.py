"""What readers ask of the analyst, and what was answered."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002", "0001"


def upgrade() -> None:
    op.create_table(
        "note",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("unit", sa.String(200), nullable=False, index=True),
        sa.Column("indicator", sa.String(100), nullable=False),
        sa.Column("month", sa.Date, nullable=False),
        sa.Column("release", sa.String(40), nullable=False),
        sa.Column("shown", sa.String(140), nullable=False),
        sa.Column("what", sa.String(40), nullable=False),
        sa.Column("words", sa.String(140), nullable=False),
        sa.Column("author", sa.String(40), nullable=False),
        sa.Column("written_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "reply",
        sa.Column("note", sa.String(32), sa.ForeignKey("note.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("words", sa.String(140), nullable=False),
        sa.Column("author", sa.String(40), nullable=False),
        sa.Column("written_at", sa.DateTime, nullable=False),
    )

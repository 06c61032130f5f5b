"""What teams are trying: sheets, their versions, and the things on them."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None


def upgrade() -> None:
    op.create_table(
        "sheet",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("unit", sa.String(200), nullable=False, index=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.UniqueConstraint("unit", "number", name="sheet_of_unit"),
    )
    op.create_table(
        "sheet_version",
        sa.Column("sheet", sa.String(32), sa.ForeignKey("sheet.id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("written_at", sa.DateTime, nullable=False),
        sa.Column("author", sa.String(40), nullable=False),
        sa.Column("happened", sa.String(20), nullable=False),
        sa.Column("began", sa.Date, nullable=False),
        sa.Column("review", sa.Date, nullable=False),
        sa.Column("came_of_it", sa.String(20)),
        sa.Column("words", sa.String(140)),
    )
    op.create_table(
        "thing",
        sa.Column("sheet", sa.String(32), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("words", sa.String(140), nullable=False),
        sa.Column("help", sa.String(40), nullable=False),
        sa.Column("signals", sa.JSON, nullable=False),
        sa.ForeignKeyConstraint(["sheet", "version"], ["sheet_version.sheet", "sheet_version.version"]),
        sa.CheckConstraint("position BETWEEN 1 AND 3", name="three_things"),
    )

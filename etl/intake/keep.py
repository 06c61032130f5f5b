"""Keeps what was accepted, what was set aside and a receipt for both; a receipt is written last, so it vouches for all.

store/<source>/<hash>.parquet            the accepted rows, in our columns
store/<source>/<hash>.rejected.parquet   the rows set aside: line, reasons, and the text of the columns asked for
store/<source>/<hash>.receipt.json       every row accounted for: read = accepted + quarantined + left out
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, replace

import duckdb

from etl.config.contracts import Contract
from etl.intake.cell_sql import cut_short, odd_of
from etl.intake.conform import EMPTY_ROW, Conformed
from etl.intake.land import Arrival
from etl.intake.read import Table, rows_at
from etl.intake.size_limits import MAX_NAME_CHARACTERS, MAX_SENTENCE_CHARACTERS, MAX_UNKNOWN_NAMES, shortened
from etl.paths import Workspace, appearing
from etl.printable import printable
from etl.privacy import personal_data, pseudonyms
from etl.quoting import quoted_text
from etl.store.receipts import Receipt, Result, read_receipts, unreadable_receipts, write_receipt


def tidy(workspace: Workspace, source: str, contents: set[str], rules: str) -> list[Receipt]:
    """Throws away what nothing vouches for: files without a receipt, receipts outdone by a judgement under today's `rules`,
    and refusals of files that have left the inbox (`contents` is what is in it now). Returns the receipts that stay.

    What lies beside a receipt that cannot be read stays: its original may be gone, and somebody may mend it.
    """
    judged = {receipt.content for receipt in read_receipts(workspace, source) if receipt.judged_with == rules}
    vouched, stay = {path.name.split(".")[0] for path in unreadable_receipts(workspace, source)}, []
    for receipt in read_receipts(workspace, source):
        outdone = receipt.judged_with != rules and receipt.content in judged
        gone = receipt.outcome == "refused" and receipt.content not in contents
        if outdone or gone:
            receipt.path(workspace, "receipt.json").unlink()
        else:
            vouched.add(receipt.hash)
            stay.append(receipt)
    for path in (workspace.store / source).glob("*"):
        if path.name.split(".")[0] not in vouched:
            path.unlink(missing_ok=True)
    return stay


def take_back_unvouched(workspace: Workspace, receipt: Receipt) -> None:
    """Throws away what was written of a file whose receipt then was not: the disk was full, or the file changed."""
    if not receipt.path(workspace, "receipt.json").exists():
        for ending in ("parquet", "rejected.parquet"):
            receipt.path(workspace, ending).unlink(missing_ok=True)


def forget_other_judgements(workspace: Workspace, kept: Receipt, before: Iterable[Receipt]) -> None:
    """A file that was judged anew has one receipt: the new one. `before`: what it had until then."""
    for receipt in before:
        if receipt.hash != kept.hash:
            for ending in ("receipt.json", "parquet", "rejected.parquet"):
                receipt.path(workspace, ending).unlink(missing_ok=True)


def keep_refused(workspace: Workspace, receipt: Receipt, error: Exception) -> Receipt:
    results = [asdict(result) for result in getattr(error, "results", ())]
    sentence = printable(shortened(str(error), MAX_SENTENCE_CHARACTERS))
    refused = replace(receipt, outcome="refused", sentence=sentence, expectations=results)
    write_receipt(workspace, refused)
    return refused


def keep(
    con: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    receipt: Receipt,
    contract: Contract,
    arrival: Arrival,
    table: Table,
    conformed: Conformed,
    results: list[Result],
) -> Receipt:
    """Writes a judged file into the store: the accepted rows, the rows set aside, then the receipt that vouches for them.

    Reads the tables `arrived`, `left_out`, `failed` and the view `staged`, which the judge has filled.
    """
    set_aside = {row for (row,) in con.execute("SELECT DISTINCT row FROM failed").fetchall()}
    misshapen = [row for row in conformed.misshapen if row.reason != EMPTY_ROW]
    marked_out = con.execute("SELECT count(*) FROM left_out").fetchone()[0]
    left_out = marked_out + len(conformed.misshapen) - len(misshapen)
    quarantined = len(set_aside) + len(misshapen)

    accepted = receipt.path(workspace, "parquet")
    accepted.parent.mkdir(parents=True, exist_ok=True)
    if quarantined:  # first, for it reads what is moved next
        _keep_rejected(con, workspace, receipt, contract, table, conformed, set_aside)
    unknown_names = _unknown_names(con, contract) if set_aside else {}
    with appearing(accepted, workspace.work) as unfinished:
        if set_aside or marked_out:
            con.execute(
                f"COPY (SELECT {', '.join(contract.kept)} FROM staged WHERE row NOT IN (SELECT row FROM failed)) "
                f"TO {quoted_text(str(unfinished))} (FORMAT parquet, COMPRESSION lz4_raw)"
            )
        else:
            conformed.path.replace(unfinished)  # every row was accepted: the file is already what is kept

    read = conformed.rows + len(conformed.misshapen)
    reasons = con.execute(
        "SELECT heading, reason, count(*) FROM (FROM failed UNION ALL FROM left_out) GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    shapes: dict[str, int] = {}
    for row in conformed.misshapen:
        shapes[row.reason] = shapes.get(row.reason, 0) + 1
    aside = [{"heading": heading, "reason": reason, "rows": rows} for heading, reason, rows in reasons]
    aside += [{"heading": "", "reason": reason, "rows": rows} for reason, rows in shapes.items()]
    of_months = _rows_of_months(con, contract, f"read_parquet({quoted_text(str(accepted))})")
    kept = replace(
        receipt,
        outcome="accepted",
        sentence=_sentence(read, read - quarantined - left_out, quarantined, left_out),
        rows_read=read,
        rows_accepted=read - quarantined - left_out,
        rows_quarantined=quarantined,
        rows_left_out=left_out,
        months=list(of_months),
        rows_of_months=of_months,
        quarantined_months=list(_rows_of_months(con, contract, "(FROM staged WHERE row IN (SELECT row FROM failed))"))
        if set_aside
        else [],
        set_aside=aside,
        unknown_names=unknown_names,
        expectations=[asdict(result) for result in results],
    )
    arrival.check_unchanged()
    write_receipt(workspace, kept)
    return kept


def _unknown_names(con: duckdb.DuckDBPyConnection, contract: Contract) -> dict[str, int]:
    """Each name that nobody knew, and its rows; of very many, or very long ones, as much as anybody could match."""
    unknown: dict[str, int] = {}
    for column in contract.refers:
        asked = f"""
            SELECT unknown_{column}[:{MAX_NAME_CHARACTERS}], count(*)
            FROM staged
            WHERE unknown_{column} IS NOT NULL
            GROUP BY 1
            ORDER BY 2 DESC, 1
            LIMIT {MAX_UNKNOWN_NAMES}
        """
        for name, rows in con.execute(asked).fetchall():
            unknown[name] = unknown.get(name, 0) + rows
    return unknown


def _sentence(read: int, accepted: int, quarantined: int, left_out: int) -> str:
    if accepted == read:
        return f"All {read:,} rows accepted."
    parts = [f"{accepted:,} of {read:,} rows accepted"]
    parts += [f"{quarantined:,} set aside"] * bool(quarantined) + [
        f"{left_out:,} left out as its contract says"
    ] * bool(left_out)
    return ", ".join(parts) + "."


def _rows_of_months(con: duckdb.DuckDBPyConnection, contract: Contract, rows: str) -> dict[str, int]:
    if not contract.month_of:
        return {}
    found = con.execute(f"SELECT month, count(*) FROM {rows} WHERE month IS NOT NULL GROUP BY month ORDER BY month")
    return {month.isoformat(): many for month, many in found.fetchall()}


def _keep_rejected(
    con: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    receipt: Receipt,
    contract: Contract,
    table: Table,
    conformed: Conformed,
    rows: set[int],
) -> None:
    """A row set aside keeps its line, its reasons and the text of the columns asked for, as the file had them: of a person
    the hash, and of a cell that is read in part that part."""
    columns = {name: contract.column(name) for name in conformed.headings}
    if table.kind == "csv":
        texts = rows_at(table, rows, {row.line for row in conformed.misshapen})
        lines = {row: line for row, (line, _) in texts.items()}
        cells = {
            row: {
                conformed.headings[name]: cut_short(text[place], columns[name])
                for name, place in conformed.places.items()
                if place < len(text) and not columns[name].person
            }
            for row, (_, text) in texts.items()
        }
    else:
        texts = {
            conformed.headings[name]: f"coalesce({odd}, {name}::VARCHAR)" if odd else f"{name}::VARCHAR"
            for name, column in columns.items()
            if not column.person
            for odd in [odd_of(column, name in conformed.named)]
        }
        listed = ", ".join(["row", *texts.values()])
        found = con.execute(f"SELECT {listed} FROM staged WHERE row IN (SELECT row FROM failed)").fetchall()
        cells = {row: dict(zip(texts, text, strict=True)) for row, *text in found}
        lines = {row: row + 1 for row in rows}
    for name in (name for name, column in columns.items() if column.person):
        for row, hashed in con.execute(
            f"SELECT row, {name} FROM staged WHERE row IN (SELECT row FROM failed)"
        ).fetchall():
            cells[row][conformed.headings[name]] = pseudonyms.shown(hashed)
    reasons: dict[int, list[dict]] = {}
    for row, heading, reason in con.execute("SELECT DISTINCT row, heading, reason FROM failed ORDER BY ALL").fetchall():
        reasons.setdefault(row, []).append({"heading": heading, "reason": reason})
    kept = [(lines.get(row), reasons[row], json.dumps(cells.get(row, {}), ensure_ascii=False)) for row in sorted(rows)]
    kept += [
        (
            row.line,
            [{"heading": "", "reason": row.reason}],
            json.dumps(_asked_for(row.cells, conformed, contract), ensure_ascii=False),
        )
        for row in conformed.misshapen
        if row.reason != EMPTY_ROW
    ]
    con.execute(
        "CREATE OR REPLACE TEMP TABLE rejected (line BIGINT, reasons STRUCT(heading VARCHAR, reason VARCHAR)[], cells JSON)"
    )
    con.execute(
        "INSERT INTO rejected SELECT unnest($1::BIGINT[]), unnest($2::STRUCT(heading VARCHAR, reason VARCHAR)[][]), unnest($3::VARCHAR[])",
        [list(column) for column in zip(*kept, strict=True)],
    )
    with appearing(receipt.path(workspace, "rejected.parquet"), workspace.work) as unfinished:
        con.execute(
            f"COPY (FROM rejected ORDER BY line) TO {quoted_text(str(unfinished))} (FORMAT parquet, COMPRESSION lz4_raw)"
        )


def _asked_for(cells: tuple[str, ...], conformed: Conformed, contract: Contract) -> dict[str, str]:
    """Of a row that could not be cut rightly, the cells that stand where wanted columns would: nothing more is kept, and
    nothing at all where people are named, since they may stand under any heading."""
    if any(column.person for column in contract.columns):
        return {}
    found = {name: cells[place] for name, place in conformed.places.items() if place < len(cells)}
    return {
        conformed.headings[name]: cut_short(cell, contract.column(name))
        for name, cell in found.items()
        if not personal_data.gives_away(cell)
    }

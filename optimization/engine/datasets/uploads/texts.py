"""A CSV with the columns text and label, in whatever encoding and with whatever separator it was written."""

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from . import limits
from .classes import class_problems, fingerprint, without_repetitions
from .content import TextContent
from .report import Findings, UploadRefused, UploadReport, listed, printable

WHERE = f"The column {limits.LABEL_COLUMN} must hold the class of each text."
BYTE_ORDER_MARKS = (  # UTF-32's first: it begins like UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 with a byte order mark"),
)
SEPARATOR_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs"}
_SAMPLE_BYTES = 4096
_LONGEST_HEADER = 10_000


class Row(NamedTuple):
    """One text that can be used. name: its line, for the report."""

    name: str
    text: str
    label: str


class Columns(NamedTuple):
    """Where the two columns stand in a row, and how many cells the first line has."""

    text: int
    label: int
    width: int


def read_texts(path: Path) -> tuple[TextContent, UploadReport]:
    """The texts of a CSV, checked. Raises UploadRefused with every reason."""
    findings = Findings()
    text, encoding = decoded(path.read_bytes())
    findings.notes.append(f"The file was read as {encoding}.")
    separator, columns = _header(text, findings)
    rows = _rows(text, separator, columns, findings)
    kept = without_repetitions([(r.name, r.label, fingerprint(r.text.encode())) for r in rows], findings, "text")
    if not rows:
        raise UploadRefused(["The CSV holds no text with a label.", *findings.in_words()])
    meant = {row.label for row in rows}
    rows = [rows[position] for position in kept]
    labels = [row.label for row in rows]
    if problems := class_problems(labels, meant, what="texts", where=WHERE):
        raise UploadRefused([*problems, *findings.in_words()])
    classes = tuple(sorted(meant))
    numbers = {name: number for number, name in enumerate(classes)}
    y = np.array([numbers[label] for label in labels], np.int32)
    counts = dict(zip(classes, np.bincount(y).tolist(), strict=True))
    return TextContent(classes=classes, texts=tuple(row.text for row in rows), y=y), findings.report(counts)


def decoded(content: bytes) -> tuple[str, str]:
    """The file's text, and the encoding found, in words. Raises UploadRefused for what is no text at all."""
    for mark, codec, name in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return _strictly(content, codec, name), name
    if codec := _unmarked_utf16(content[:_SAMPLE_BYTES]):
        return _strictly(content, codec, "UTF-16"), "UTF-16 without a byte order mark"
    for codec, name in (("utf-8", "UTF-8"), ("cp1252", "Latin-1 (Windows-1252)"), ("latin-1", "Latin-1")):
        try:
            return content.decode(codec), name
        except UnicodeDecodeError:
            continue
    raise AssertionError("Latin-1 reads every byte")


def _strictly(content: bytes, codec: str, name: str) -> str:
    try:
        return content.decode(codec)
    except UnicodeDecodeError as error:
        raise UploadRefused([f"The file says that it is {name}, but is damaged: {error.reason}."]) from error


def _unmarked_utf16(sample: bytes) -> str:
    """The codec of UTF-16 that does not say so: every other byte of plain letters is zero."""
    halves = {"utf-16-be": sample[0::2], "utf-16-le": sample[1::2]}
    shares = {codec: half.count(0) / max(1, len(half)) for codec, half in halves.items()}
    likely, unlikely = sorted(shares, key=shares.__getitem__, reverse=True)
    return likely if shares[likely] > 0.4 and shares[unlikely] < 0.1 else ""


def _header(text: str, findings: Findings) -> tuple[str, Columns]:
    """The separator with which the first line names both columns. Raises UploadRefused."""
    first_line = next(filter(None, map(str.strip, io.StringIO(text, newline=""))), "")[:_LONGEST_HEADER]
    wanted = {limits.TEXT_COLUMN, limits.LABEL_COLUMN}
    for separator in limits.DELIMITERS:
        cells = [cell.strip().lower() for cell in next(csv.reader([first_line], delimiter=separator), [])]
        if not wanted <= set(cells):
            continue
        if twice := [name for name in sorted(wanted) if cells.count(name) > 1]:
            raise UploadRefused([f"The first line names the column {twice[0]} twice."])
        if others := [printable(cell) for cell in cells if cell not in wanted]:
            findings.notes.append(f"Other columns were not used: {listed(others, len(others))}.")
        findings.notes.append(f"Its cells are separated by {SEPARATOR_NAMES[separator]}.")
        return separator, Columns(cells.index(limits.TEXT_COLUMN), cells.index(limits.LABEL_COLUMN), len(cells))
    sought = f"{limits.TEXT_COLUMN} and {limits.LABEL_COLUMN}"
    example = f"{limits.TEXT_COLUMN},{limits.LABEL_COLUMN}"
    problem = f"its first line must name the columns {sought}, as in {example}; it is: {printable(first_line)}"
    raise UploadRefused([f"The file is no ZIP, so it was read as a CSV: {problem}."])


def _rows(text: str, separator: str, columns: Columns, findings: Findings) -> list[Row]:
    rows: list[Row] = []
    cut = 0
    for line, cells in _cells(text, separator):
        name = f"line {line}"
        if reason := _unusable(cells, columns):
            findings.skip(name, reason)
            continue
        content, label = cells[columns.text].strip(), " ".join(cells[columns.label].split())
        if len(content) > limits.MAX_TEXT_CHARACTERS:
            content, cut = content[: limits.MAX_TEXT_CHARACTERS], cut + 1
        rows.append(Row(name, content, label))
        if len(rows) > limits.MAX_TEXTS:
            raise UploadRefused([f"There are more than {limits.MAX_TEXTS:,} texts, which is the most allowed."])
    if cut:
        findings.notes.append(f"{cut:,} texts were cut after {limits.MAX_TEXT_CHARACTERS:,} characters.")
    return rows


def _cells(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """The lines after the first that are not blank, with their numbers. Raises UploadRefused."""
    limit = csv.field_size_limit(limits.MAX_CELL_CHARACTERS)  # csv's own is for the whole process: put back below
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        seen_header = False
        started = 0
        for cells in reader:
            line, started = started + 1, reader.line_num
            if not cells:
                continue
            if reader.line_num - line > limits.MAX_CELL_LINES:
                raise csv.Error(f"it goes on for more than {limits.MAX_CELL_LINES:,} lines")
            if seen_header:
                yield line, cells
            seen_header = True
    except csv.Error as error:
        raise UploadRefused(
            [f'Line {started + 1} cannot be read ({error}). Is there a quote (") that is never closed?']
        ) from error
    finally:
        csv.field_size_limit(limit)


def _unusable(cells: list[str], columns: Columns) -> str:
    """Why a line cannot be used, or ""."""
    if len(cells) > columns.width:
        return "more cells than the first line: a text with a separator in it needs quotes"
    if len(cells) < columns.width:
        return "fewer cells than the first line"
    text, label = cells[columns.text], cells[columns.label]
    if "\0" in text or "\0" in label:
        return "NUL characters in it"
    if not text.strip():
        return "empty text"
    if not label.strip():
        return "empty label"
    if len(label) > limits.MAX_CLASS_NAME:
        return f"a label of more than {limits.MAX_CLASS_NAME} characters"
    return ""

"""What images and texts have in common: classes, and examples that occur twice."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence

from .limits import MAX_CLASSES, MIN_CLASSES, MIN_PER_CLASS
from .report import Findings, listed, printable

CONTRADICTION = "the same {what} under two classes, so that neither can be trusted"
REPETITION = "the same {what} again in its class"


def without_repetitions(examples: Sequence[tuple[str, str, bytes]], findings: Findings, what: str) -> list[int]:
    """Positions to keep of (name, class, fingerprint): of equal ones the first, of contradicting ones none.

    One copy in training and another in the test would make a model look better than it is.
    """
    classes: dict[bytes, set[str]] = {}
    for _, label, fingerprint in examples:
        classes.setdefault(fingerprint, set()).add(label)
    kept, seen = [], set()
    for position, (name, _, fingerprint) in enumerate(examples):
        if len(classes[fingerprint]) > 1:
            findings.skip(name, CONTRADICTION.format(what=what))
        elif fingerprint in seen:
            findings.skip(name, REPETITION.format(what=what))
        else:
            seen.add(fingerprint)
            kept.append(position)
    return kept


def fingerprint(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def class_problems(labels: Iterable[str], named: Iterable[str], *, what: str, where: str) -> list[str]:
    """Why these classes cannot be learned, as sentences; nothing when they can.

    labels: of the examples that can be used. named: classes that were meant, which may have none.
    """
    counts = Counter(dict.fromkeys(named, 0))
    counts.update(labels)
    if not counts:
        return []
    problems = []
    if len(counts) < MIN_CLASSES:
        problems.append(
            f"There is only one class, {printable(next(iter(counts)))}: a model needs at least {MIN_CLASSES} to tell "
            f"apart. {where}"
        )
    if len(counts) > MAX_CLASSES:
        problems.append(f"There are {len(counts):,} classes; at most {MAX_CLASSES} are allowed. {where}")
    elif few := [name for name, count in counts.items() if count < MIN_PER_CLASS]:
        found = [f"{printable(name)} has {counts[name]}" for name in sorted(few)]
        problems.append(f"Each class needs at least {MIN_PER_CLASS} different {what}; {listed(found, len(found))}.")
    return problems

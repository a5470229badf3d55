"""Draw the plots of a trial: `python -m visualization.figures FOLDER` reads FOLDER/arrays.npz, writes FOLDER/plots/.

Of each plot of the catalogue there are {name}.png, .svg and .json afterwards (.gif, .png and .json where it moves),
and index.json says what there is: {"version": 1, "groups": {group: title}, "plots": [{"name", "title", "caption",
"group", "files": {"png": …}, "width", "height" in pixels, "absent": why it could not be drawn or null, "error": what
went wrong or null}]}. A plot that fails is logged and hurts no other.
"""

import argparse
import gc
import importlib
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import look, saving
from .catalog import BY_NAME, GROUPS, PLOTS, Plot
from .record import ARRAYS_NAME, NotRecorded, TrialArrays, UnreadableRecord

logger = logging.getLogger("visualization.figures")

PLOTS_NAME = "plots"
INDEX_NAME = "index.json"
VERSION = 1
NICENESS = 5


def draw_all(folder: Path, only: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Draw a trial's plots, or those named in `only`; answers the index. Raises UnreadableRecord."""
    arrays = TrialArrays.load(folder / ARRAYS_NAME)
    target = folder / PLOTS_NAME
    target.mkdir(exist_ok=True)
    entries = _earlier(target) if only else {}
    with look.in_our_look():
        for plot in PLOTS:
            if not only or plot.name in only:
                entries[plot.name] = draw_one(plot, arrays, target)
    _write_index(target, entries)  # last: where there is an index, all that it names is complete
    return list(entries.values())


def draw_one(plot: Plot, arrays: TrialArrays, target: Path) -> dict[str, Any]:
    """Draw one plot into `target`; answers its entry of the index. Raises nothing."""
    entry: dict[str, Any] = {**_words(plot), "files": {}, "width": None, "height": None, "absent": None, "error": None}
    start = time.process_time()
    try:
        entry |= _save(plot, arrays, target)
    except NotRecorded as error:
        entry["absent"] = str(error)
        logger.info("plot %s is not drawn: %s", plot.name, error)
    except Exception as error:  # a failed plot must hurt neither the others nor the trial; its traceback is in the log
        entry["error"] = f"{type(error).__name__}: {error}"
        logger.exception("plot %s failed", plot.name)
    else:
        logger.info("drew plot %s in %.2f CPU seconds", plot.name, time.process_time() - start)
    return entry


def _save(plot: Plot, arrays: TrialArrays, target: Path) -> dict[str, Any]:
    module = plot.module()
    data = module.prepare(arrays)
    files = {kind: f"{plot.name}.{kind}" for kind in ("png", "gif" if plot.moves else "svg", "json")}
    if plot.moves:
        last = saving.save_gif(module.frames(data), target / files["gif"])
        last.save(target / files["png"], "PNG")
        width, height = last.size
    else:
        figure = module.draw(data)
        width, height = saving.save_picture(figure, target / files["png"], target / files["svg"])
    saving.save_json(data, target / files["json"])
    return {"files": files, "width": width, "height": height}


def _words(plot: Plot) -> dict[str, str]:
    return {"name": plot.name, "title": plot.title, "caption": plot.caption, "group": plot.group}


def _earlier(target: Path) -> dict[str, dict[str, Any]]:
    """Entries of an index that is there already, so that drawing one plot anew forgets no other."""
    try:
        index = json.loads((target / INDEX_NAME).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {entry["name"]: entry for entry in index["plots"] if entry["name"] in BY_NAME}


def _write_index(target: Path, entries: dict[str, dict[str, Any]]) -> None:
    ordered = [entries[plot.name] for plot in PLOTS if plot.name in entries]
    index = {"version": VERSION, "groups": GROUPS, "plots": ordered}
    partial = target / f"{INDEX_NAME}.partial"
    partial.write_text(json.dumps(index, ensure_ascii=False), "utf-8")
    partial.replace(target / INDEX_NAME)


def _load_scikit_learn() -> None:
    """Without pandas, which it loads where it finds it: a fifth of a second that no plot needs."""
    sys.modules["pandas"] = None  # type: ignore[assignment]  # makes its import fail
    importlib.import_module("sklearn.metrics")
    del sys.modules["pandas"]


def _end_with_parent() -> None:
    """End this process as soon as its standard input closes: whoever started it is gone, or wants no more."""

    def watch() -> None:
        while os.read(0, 1024):  # not sys.stdin: its lock would be held when this process ends by itself
            pass
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m visualization.figures", description="Draw the plots of a trial.")
    parser.add_argument("folder", type=Path, help=f"the trial's folder, with {ARRAYS_NAME}")
    parser.add_argument(
        "--only", nargs="+", default=(), choices=sorted(BY_NAME), metavar="NAME", help="these plots only"
    )
    parser.add_argument(
        "--with-parent", action="store_true", help="give way to other work, and end when standard input closes"
    )
    options = parser.parse_args()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    _load_scikit_learn()
    gc.set_threshold(300_000, 20, 1000)  # as usual it would take a sixth of the time of a process that ends soon
    if options.with_parent:
        os.nice(NICENESS)
        _end_with_parent()
    try:
        entries = draw_all(options.folder, options.only)
    except UnreadableRecord as error:
        logger.error("no plots: %s", error)
        return 1
    failed = [entry["name"] for entry in entries if entry["error"]]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""The process that draws a trial's plots, and how the engine starts it."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from optimization.engine.drawing import draw_plots
from tests.recorded_trials import make_arrays
from visualization.figures import __main__ as drawing
from visualization.figures import look
from visualization.figures.catalog import BY_NAME, PLOTS
from visualization.figures.record import TrialArrays, UnreadableRecord

ROOT = Path(__file__).parents[2]
HISTORY = ("about", "batch_loss", "batch_learning_rate", "epoch_starts")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a trial that recorded its losses and learning rates, and nothing else."""
    return record(tmp_path)


def record(folder: Path, **changed: np.ndarray) -> Path:
    arrays = {key: array for key, array in make_arrays("image").items() if key in HISTORY}
    np.savez_compressed(folder / "arrays.npz", allow_pickle=False, **arrays | changed)
    return folder


def entries(folder: Path) -> dict[str, dict]:
    return {entry["name"]: entry for entry in json.loads((folder / "plots/index.json").read_text())["plots"]}


def never() -> bool:
    return False


def test_the_index_says_of_every_plot_where_it_is_or_why_not(folder: Path) -> None:
    drawing.draw_all(folder)

    found = entries(folder)
    assert list(found) == [plot.name for plot in PLOTS]
    assert found["learning_rate"]["files"] == {name: f"learning_rate.{name}" for name in ("png", "svg", "json")}
    assert Image.open(folder / "plots/learning_rate.png").size == tuple(
        found["learning_rate"][side] for side in ("width", "height")
    )
    assert found["learning_rate"]["absent"] is None
    assert found["gradient_norms"]["files"] == {}
    assert found["gradient_norms"]["absent"] == "gradients were not probed"


def test_a_plot_that_fails_is_logged_and_hurts_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = record(tmp_path, batch_learning_rate=np.array(["no", "number"]))

    drawing.draw_all(folder)

    found = entries(folder)
    assert found["learning_rate"]["error"].startswith("ValueError: ")
    assert found["learning_rate"]["files"] == {}
    assert found["training_progress"]["files"]
    assert "Traceback" in caplog.text
    assert "plot learning_rate failed" in caplog.text


def test_one_plot_can_be_drawn_again_without_forgetting_the_others(folder: Path) -> None:
    drawing.draw_all(folder, ["training_progress"])
    drawing.draw_all(folder, ["learning_rate"])

    assert list(entries(folder)) == ["training_progress", "learning_rate"]


def test_equal_arrays_give_equal_files(tmp_path: Path) -> None:
    once, again = tmp_path / "once", tmp_path / "again"
    for folder in (once, again):
        folder.mkdir()
        record(folder)
        drawing.draw_all(folder, ["training_progress", "learning_rate"])

    names = sorted(path.name for path in (once / "plots").iterdir())
    assert len(names) == 7
    for name in names:
        assert (once / "plots" / name).read_bytes() == (again / "plots" / name).read_bytes(), name


def test_a_picture_is_what_matplotlib_itself_draws_and_its_svg_as_large_on_paper(folder: Path) -> None:
    drawing.draw_all(folder, ["training_progress"])

    module = BY_NAME["training_progress"].module()
    with look.in_our_look():
        figure = module.draw(module.prepare(TrialArrays.load(folder / "arrays.npz")))
        figure.canvas.draw()
        expected = np.asarray(figure.canvas.buffer_rgba())[..., :3]
        width, height = (72 * side for side in figure.get_size_inches())
    assert np.array_equal(np.asarray(Image.open(folder / "plots/training_progress.png")), expected)
    assert f'width="{width:g}pt" height="{height:g}pt"' in (folder / "plots/training_progress.svg").read_text()


def test_lines_of_the_svg_are_as_wide_as_those_of_the_png(folder: Path) -> None:
    drawing.draw_all(folder, ["learning_rate"])

    wide = 1.6 * look.DPI / 72
    assert f"stroke: #0072b2; stroke-width: {wide:.6f}" in (folder / "plots/learning_rate.svg").read_text()


def test_text_stays_text_in_the_svg(folder: Path) -> None:
    drawing.draw_all(folder, ["learning_rate"])

    assert ">epochs done</text>" in (folder / "plots/learning_rate.svg").read_text()


def test_the_film_has_a_frame_per_moment_and_a_still_picture(tmp_path: Path) -> None:
    arrays = make_arrays("image")
    np.savez_compressed(tmp_path / "arrays.npz", allow_pickle=False, **arrays)

    drawing.draw_all(tmp_path, ["animation"])

    with Image.open(tmp_path / "plots/animation.gif") as film:
        assert film.n_frames == len(arrays["probe_epochs"])
        assert film.info["loop"] == 0
    assert (tmp_path / "plots/animation.png").exists()


def test_arrays_of_another_version_are_refused_with_the_reason(tmp_path: Path) -> None:
    record(tmp_path, about=np.array('{"version": 2}'))

    with pytest.raises(UnreadableRecord, match=r"of version 2; this program reads version 1"):
        TrialArrays.load(tmp_path / "arrays.npz")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"no archive at all"])
def test_a_damaged_file_is_refused_with_the_reason(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "arrays.npz").write_bytes(content)

    with pytest.raises(UnreadableRecord, match=r"cannot read arrays\.npz"):
        TrialArrays.load(tmp_path / "arrays.npz")


def test_objects_that_would_run_code_when_read_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "arrays.npz", about=np.array([print], dtype=object))

    with pytest.raises(UnreadableRecord):
        TrialArrays.load(tmp_path / "arrays.npz")


def test_drawing_loads_no_model_no_web_and_no_other_room() -> None:
    program = (
        "import sys; from visualization.figures import __main__, catalog\n"
        "for plot in catalog.PLOTS: plot.module()\n"
        "print(*{name.partition('.')[0] for name in sys.modules})\n"
    )
    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    forbidden = {"tensorflow", "keras", "django", "optuna", "optimization", "accounts", "hpoproject", "runpod_service"}
    assert "matplotlib" in loaded.stdout.split()
    assert not forbidden & set(loaded.stdout.split())


def test_the_list_of_plots_can_be_read_without_matplotlib() -> None:
    program = "import sys; from visualization.figures import catalog; print('matplotlib' in sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert loaded.stdout.strip() == "False"


def test_the_engine_has_plots_drawn_and_keeps_the_output_in_the_log(folder: Path) -> None:
    (folder / "trial.log").write_text("what training said\n")

    draw_plots(folder, give_up=never)

    assert entries(folder)["learning_rate"]["files"]
    log = (folder / "trial.log").read_text()
    assert log.startswith("what training said\n")
    assert "drew plot learning_rate" in log


def test_drawing_ends_when_the_trial_is_told_to_end(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    draw_plots(folder, give_up=lambda: True)

    assert "plots were left unfinished: the trial was told to end" in caplog.text
    assert not (folder / "plots/index.json").exists()


def test_drawing_ends_when_it_takes_too_long(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    draw_plots(folder, give_up=never, limit_s=0.0)

    assert "plots were left unfinished: they took too long" in caplog.text


def test_a_trial_without_arrays_is_still_a_trial(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    draw_plots(tmp_path, give_up=never)

    assert "drawing plots ended with exit code 1" in caplog.text
    assert "no plots: cannot read arrays.npz" in (tmp_path / "trial.log").read_text()


def test_a_trial_whose_folder_is_gone_is_still_a_trial(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    draw_plots(tmp_path / "gone", give_up=never)

    assert "plots were not drawn" in caplog.text
    assert caplog.records[-1].levelno == logging.ERROR


def test_the_process_ends_with_the_one_that_started_it(folder: Path) -> None:
    command = [sys.executable, "-m", "visualization.figures", str(folder), "--with-parent"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        process.stdin.close()
        assert process.wait(30) == 1
    assert not (folder / "plots/index.json").exists()

"""The loop's process stays the size it has: hundreds of trials are records, not memory."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FROM, TO = 20, 200
MOST_GROWTH = 0.05

SEARCH = f"""
import ctypes, gc, sys
from pathlib import Path
from optimization.engine import ModelOptimizer, OptimizationCallback, OptimizationConfig

class Weigh(OptimizationCallback):
    def on_trial_end(self, record):
        if record.number in ({FROM}, {TO}):
            gc.collect()
            ctypes.CDLL(None).malloc_trim(0)  # what is held counts, not what the allocator keeps at hand
            print(next(line.split()[1] for line in Path("/proc/self/status").open() if line.startswith("VmRSS")))

config = OptimizationConfig(
    dataset_name="digits",
    trials={TO + 1},
    max_epochs_per_trial=1,
    results_dir=sys.argv[1],
    show_progress=False,
    create_trial_plots="none",
    search_space={{
        "num_layers_conv": {{"fixed": 1}},
        "filters_per_conv_layer": {{"fixed": 16}},
        "num_layers_hidden": {{"fixed": 1}},
        "data_augmentation": {{"fixed": False}},
        "batch_size": {{"choices": [128, 256]}},
    }},
)
print(ModelOptimizer(config).optimize_model(callbacks=[Weigh()]).state)
"""
"""Small models without plots, so that most of the time is not spent on training and drawing."""


def test_the_loop_does_not_grow_with_its_trials(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SEARCH, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    early, late, state = done.stdout.split()
    growth = int(late) / int(early) - 1
    print(f"from trial {FROM} to {TO}: {int(early) / 1000:.1f} MB to {int(late) / 1000:.1f} MB, {growth:+.1%}")
    assert state == "completed"
    assert growth < MOST_GROWTH

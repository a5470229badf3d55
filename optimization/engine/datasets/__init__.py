"""Data sets by name. Importing this loads no framework and reads no file."""

from .availability import check_available, ensure
from .registry import DATASETS, DatasetInfo
from .splits import Splits, load_splits

__all__ = ["DATASETS", "DatasetInfo", "Splits", "check_available", "ensure", "load_splits"]

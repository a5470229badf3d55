"""Data sets by name. Importing this loads no framework and reads no file."""

from .registry import DATASETS

__all__ = ["DATASETS"]

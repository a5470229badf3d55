"""Data sets by name. Importing this loads no framework and reads no file."""

from .availability import check_available, ensure, size_here
from .family import Family, RawArrays, RawTexts, Sizes, TextShape, TokenLists
from .finding import find_dataset, is_own, name_problem, register, unknown_name
from .registry import DATASETS, DatasetInfo, Modality
from .splits import Splits, load_splits
from .uploads import UploadRefused, UploadReport, add_upload

__all__ = [
    "DATASETS",
    "DatasetInfo",
    "Family",
    "Modality",
    "RawArrays",
    "RawTexts",
    "Sizes",
    "Splits",
    "TextShape",
    "TokenLists",
    "UploadRefused",
    "UploadReport",
    "add_upload",
    "check_available",
    "ensure",
    "find_dataset",
    "is_own",
    "load_splits",
    "name_problem",
    "register",
    "size_here",
    "unknown_name",
]

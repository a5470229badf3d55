"""A checked upload in its canonical form: what is written into data.npz."""

import dataclasses
import hashlib
import itertools
from typing import ClassVar

import numpy as np

from ..registry import Modality


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ImageContent:
    """classes: names by label. x: uint8 (images, height, width, 1 or 3). y: int32 (images,)."""

    modality: ClassVar[Modality] = Modality.IMAGE
    classes: tuple[str, ...]
    x: np.ndarray
    y: np.ndarray

    @property
    def shape(self) -> tuple[int, int, int] | None:
        _, height, width, channels = self.x.shape
        return height, width, channels

    def arrays(self) -> dict[str, np.ndarray]:
        return {"x": self.x, "y": self.y}


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class TextContent:
    """classes: names by label. texts: as they are read. y: int32 (texts,)."""

    modality: ClassVar[Modality] = Modality.TEXT
    classes: tuple[str, ...]
    texts: tuple[str, ...]
    y: np.ndarray

    @property
    def shape(self) -> tuple[int, int, int] | None:
        return None

    def arrays(self) -> dict[str, np.ndarray]:
        """The texts as one row of UTF-8 bytes; text i is utf8[starts[i]:starts[i + 1]]."""
        encoded = [text.encode() for text in self.texts]
        starts = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
        return {"utf8": np.frombuffer(b"".join(encoded), np.uint8), "starts": starts, "y": self.y}


Content = ImageContent | TextContent


def texts_from(utf8: np.ndarray, starts: np.ndarray) -> list[str]:
    """What TextContent.arrays packed."""
    packed = utf8.tobytes()
    return [packed[start:end].decode() for start, end in itertools.pairwise(starts)]


def checksum(content: Content) -> str:
    """SHA-256 of everything that a model can learn from, in hexadecimal."""
    digest = hashlib.sha256("\0".join((content.modality.value, *content.classes)).encode())
    for name, array in content.arrays().items():
        digest.update(f"\0{name} {array.dtype} {array.shape}\0".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()

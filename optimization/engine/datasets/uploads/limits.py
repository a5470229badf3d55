"""What an upload may be: every limit in one place. docs/DATASETS.md shows the same table."""

MAX_UPLOAD_BYTES = 200 * 10**6
"""Of the file itself, ZIP or CSV."""

MIN_CLASSES = 2
MAX_CLASSES = 500
MIN_PER_CLASS = 5
"""Training, validation, test and holdout each need one, and one to spare."""
MAX_CLASS_NAME = 100
"""Characters."""

# ZIP of images
MAX_ENTRIES = 60_000
"""Entries of the archive, with folders and files that are skipped."""
MAX_DIRECTORY_BYTES = 16 * 10**6
"""Of the archive's list of entries, which is read as a whole."""
MAX_IMAGES = 20_000
MAX_IMAGE_BYTES = 20 * 10**6
MAX_IMAGE_PIXELS = 40 * 10**6
MAX_UNPACKED_BYTES = 2 * 10**9
"""Of all entries together, counted while they are read."""
MAX_RATIO = 100
"""Unpacked by packed size of the whole archive..."""
RATIO_COUNTS_FROM_BYTES = 50 * 10**6
"""...once it has unpacked to as much: small archives of plain drawings pack better than that."""
MAX_ENTRY_NAME = 500
"""Characters, with the folders."""
IMAGE_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "PPM")
MAX_SIDE = 64
"""Pixels of the longer side of the common size."""
MIN_SIDE = 8
"""Pixels of the shorter side of the common size."""

# CSV of texts
TEXT_COLUMN = "text"
LABEL_COLUMN = "label"
DELIMITERS = (",", ";", "\t")
MAX_TEXTS = 200_000
MAX_TEXT_CHARACTERS = 20_000
"""A longer text is cut."""
MAX_CELL_CHARACTERS = 1_000_000
MAX_CELL_LINES = 1000
"""A longer cell is no text: most likely a quote is opened and never closed."""

MAX_TITLE = 200
EXAMPLES_NAMED = 5
"""How many of the things that were skipped a report names."""

"""What can go wrong, by who has to act on it."""

from collections.abc import Mapping


class ConfigError(ValueError):
    """A person's mistake: names each field and says what is allowed.

    errors: field name -> problem, in the order the fields are declared.
    """

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__("; ".join(f"{field}: {problem}" for field, problem in self.errors.items()))


class DatasetUnavailable(ConfigError):
    """The data set's files are not here and could not be fetched; says which file to put where."""

    def __init__(self, problem: str) -> None:
        super().__init__({"dataset_name": problem})


class TrialFailed(Exception):
    """One trial cannot be trained. It is recorded with this reason and the job goes on."""


class OptimizationError(Exception):
    """The job cannot go on."""


class LeaseLost(OptimizationError):
    """Somebody else writes this job or attempt now; the holder must stop without writing."""

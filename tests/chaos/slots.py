"""How well the slots are used: from the rows of one job whose trials only sleep."""

from datetime import datetime

from tests.chaos.evidence import Database


def share_of_slots_used(database: Database, job_id: str, *, slots: int, trial_s: float) -> float:
    """Seconds slept, of all the slots' seconds from the first trial's start to the last one's end."""
    trials = database.trials(job_id)
    begin = min(_moment(trial["started_at"]) for trial in trials)
    end = max(_moment(trial["finished_at"]) for trial in trials)
    return len(trials) * trial_s / (slots * (end - begin).total_seconds())


def most_at_once(database: Database, job_id: str) -> int:
    """The largest number of trials that slept at the same moment."""
    query = """
        SELECT started_at, max(ended_at) AS ended_at
        FROM optimization_trial AS trial JOIN optimization_epochmetrics AS epoch ON epoch.trial_id = trial.id
        WHERE job_id = ? GROUP BY trial.id
    """
    trials = database.rows(query, job_id.replace("-", ""))
    moments = [(_moment(trial["started_at"]), 1) for trial in trials]
    moments += [(_moment(trial["ended_at"]), -1) for trial in trials]
    running = most = 0
    for _, change in sorted(moments):
        running += change
        most = max(most, running)
    return most


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)

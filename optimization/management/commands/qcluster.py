"""django-q2's cluster of workers, made safe to kill."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_q.cluster import Cluster
from django_q.conf import Conf
from django_q.signals import post_spawn

from optimization import lifeline
from optimization.watch import on_spawn

PUSHER_AND_MONITOR = 2


class DrainingCluster(Cluster):
    """Workers hand back what they do when the cluster stops, instead of being waited for."""

    def stop(self) -> bool:
        lifeline.drain_cluster()
        return super().stop()


class Command(BaseCommand):
    help = (
        "Run workers of the queue: the loops of jobs, or trials where Q_CLUSTER_NAME=trials is set. "
        "Ends with an error when one of its processes dies; `start` and service managers start it anew."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        lifeline.follow_supervisor()
        lifeline.guard_cluster(processes=Conf.WORKERS + PUSHER_AND_MONITOR)
        post_spawn.connect(on_spawn)
        cluster = DrainingCluster()
        cluster.start()
        cluster.sentinel.join()
        if cluster.sentinel.exitcode != 0:
            raise CommandError("the cluster lost a process and has ended")

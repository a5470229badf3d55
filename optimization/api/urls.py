"""Addresses of the API; each works with and without a slash at its end."""

from django.urls import URLPattern, path
from drf_spectacular.views import SpectacularAPIView

from optimization.api import dataset_views, plot_views, study_plot_views, views

app_name = "api"


def either(route: str, view: type, name: str) -> list[URLPattern]:
    """With a slash under its name, and without: no redirect, which would lose a POST's body."""
    return [path(f"{route}/", view.as_view(), name=name), path(route, view.as_view())]


urlpatterns = [
    *either("optimize", views.Optimize, "optimize"),
    *either("jobs", views.Jobs, "jobs"),
    *either("jobs/<uuid:job_id>", views.OneJob, "job"),
    *either("jobs/<uuid:job_id>/status", views.JobStatus, "job_status"),
    *either("jobs/<uuid:job_id>/stop", views.JobStop, "job_stop"),
    *either("jobs/<uuid:job_id>/pause", views.JobPause, "job_pause"),
    *either("jobs/<uuid:job_id>/resume", views.JobResume, "job_resume"),
    *either("jobs/<uuid:job_id>/clone", views.JobClone, "job_clone"),
    *either("jobs/<uuid:job_id>/choose-best", views.JobChooseBest, "job_choose_best"),
    *either("jobs/<uuid:job_id>/trials", views.Trials, "trials"),
    *either("jobs/<uuid:job_id>/trials/<int:number>", views.OneTrial, "trial"),
    *either("jobs/<uuid:job_id>/trials/<int:number>/plots", plot_views.TrialPlots, "trial_plots"),
    path(
        "jobs/<uuid:job_id>/trials/<int:number>/plots/<slug:name>.<slug:kind>",
        plot_views.PlotFile.as_view(),
        name="plot_file",
    ),
    path("jobs/<uuid:job_id>/trials/<int:number>/plots.zip", plot_views.PlotsArchive.as_view(), name="plots_archive"),
    *either("jobs/<uuid:job_id>/study-plots", study_plot_views.JobStudyPlots, "study_plots"),
    *either("jobs/<uuid:job_id>/study-plots/<slug:name>", study_plot_views.JobStudyPlot, "study_plot"),
    *either("jobs/<uuid:job_id>/best-trial", views.BestTrial, "best_trial"),
    *either("download/<uuid:job_id>", views.Download, "download"),
    *either("datasets", dataset_views.Datasets, "datasets"),
    *either("datasets/<slug:name>", dataset_views.OneDataset, "dataset"),
    *either("modes", views.Modes, "modes"),
    *either("objectives", views.Objectives, "objectives"),
    *either("default-scoring-weights", views.DefaultScoringWeights, "default_scoring_weights"),
    *either("health", views.Health, "health"),
    *either("schema", SpectacularAPIView, "schema"),
]

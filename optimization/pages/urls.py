"""Addresses of the pages for people."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from optimization.pages import datasets, learn, views
from optimization.pages.forms import LogInForm

urlpatterns = [
    path("", views.jobs, name="jobs"),
    path("login/", LoginView.as_view(authentication_form=LogInForm, redirect_authenticated_user=True), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("learn/", learn.index, name="learn"),
    path("learn/hyperparameters/", learn.hyperparameters, name="learn_hyperparameters"),
    path("datasets/", datasets.datasets, name="datasets"),
    path("datasets/<slug:name>/delete/", datasets.dataset_delete, name="dataset_delete"),
    path("jobs/new/", views.job_new, name="job_new"),
    path("jobs/<uuid:job_id>/", views.job, name="job"),
    path("jobs/<uuid:job_id>/stop/", views.job_stop, name="job_stop"),
    path("jobs/<uuid:job_id>/pause/", views.job_pause, name="job_pause"),
    path("jobs/<uuid:job_id>/resume/", views.job_resume, name="job_resume"),
    path("jobs/<uuid:job_id>/choose-best/", views.job_choose_best, name="job_choose_best"),
    path("jobs/<uuid:job_id>/delete/", views.job_delete, name="job_delete"),
]

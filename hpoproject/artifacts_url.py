"""ARTIFACTS_URL as a Django storage."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.core.exceptions import ImproperlyConfigured

OPTIONS = ("endpoint_url", "region_name", "addressing_style")


def s3_storage(url: str) -> dict[str, Any]:
    """The entry of STORAGES for s3://bucket/folder?endpoint_url=…&region_name=…&addressing_style=…."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    if parts.scheme != "s3" or not parts.netloc or not set(options) <= set(OPTIONS):
        allowed = f"s3://bucket/folder with any of {', '.join(OPTIONS)} after a ?"
        raise ImproperlyConfigured(f"ARTIFACTS_URL must be {allowed}; got {url}")
    place = {"bucket_name": parts.netloc, "location": parts.path.strip("/")}
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": place | options}

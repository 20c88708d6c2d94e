"""What the server says of itself: metrics as Prometheus reads them, the description as validators do."""

import os
import subprocess
import sys

import requests
from openapi_spec_validator import validate
from prometheus_client.parser import text_string_to_metric_families


def test_metrics(url):
    requests.get(f"{url}/livez")
    answer = requests.get(f"{url}/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    assert families and all(family.documentation for family in families.values())
    assert any(family.type == "histogram" for family in families.values())


def test_the_description_is_openapi(url):
    document = requests.get(f"{url}/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_what_is_described_is_so(url):
    """Schemathesis sends what the description allows and what it does not, and looks at every answer.

    Deleting a job cancels it, and its record stays as long as records are kept: no use after free.
    """
    program = os.path.join(os.path.dirname(sys.executable), "schemathesis")
    settings = os.path.join(os.path.dirname(__file__), "schemathesis.toml")
    run = subprocess.run(
        [
            program, "--config-file", settings, "run", f"{url}/openapi.json", "--url", url, "--checks", "all",
            "--exclude-checks", "use_after_free", "--phases",
            "examples,coverage,fuzzing,stateful", "--mode", "all", "--seed", "7", "--max-examples", "20",
            "--exclude-path", "/v1/events", "--exclude-path-regex", "/v1/jobs/.*/events", "--workers", "2",
            "--request-timeout", "120", "--max-response-time", "120", "--no-color",
        ],
        capture_output=True, text=True, timeout=400)
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-1000:]

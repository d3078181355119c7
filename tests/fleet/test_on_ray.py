"""A fleet on a real Ray cluster is the one that this process plays."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.conftest import ROOT
from tests.ray_cluster import Cluster, ray_cluster

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.long]

SMALL = ("fleet", "simulate", "--users", "1100", "--inputs", "2000", "--left-out", "20", "--json")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with ray_cluster(2) as running:
        yield running


def test_the_same_fleet_comes_from_a_cluster(cluster: Cluster) -> None:
    def fleet(*options: str) -> dict[str, object]:
        command = [sys.executable, "-m", "edgewise", *SMALL, *options]
        done = subprocess.run(
            command, env=cluster.environment, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    assert fleet("--executor", "ray", "--address", cluster.address) == fleet()

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from synthgen.training.devices import side_by_side

CPU = torch.device("cpu")


@pytest.fixture(params=[1, 3])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def test_jobs_come_back_in_order_and_torch_keeps_its_threads(threads: int) -> None:

    def work(job: int) -> tuple[int, float]:
        rng = torch.Generator().manual_seed(job)
        return job, float((torch.rand(64, 64, generator=rng) @ torch.rand(64, 64, generator=rng)).sum())

    found = side_by_side(work, range(40), CPU)
    assert found == [work(job) for job in range(40)]
    assert torch.get_num_threads() == threads


def test_a_job_that_fails_is_heard_of_and_torch_keeps_its_threads(threads: int) -> None:
    with pytest.raises(ZeroDivisionError):
        side_by_side(lambda job: 1 // (job - 3), range(5), CPU)
    assert torch.get_num_threads() == threads

"""The sample company's deliveries, written once for all tests of this suite."""

from pathlib import Path

import pytest

from deploy.demo.formats import attribute_format
from deploy.sample_company import Sample, SampleMonth, write, write_everything
from deploy.sample_company.months import OFFSETS
from deploy.sample_company.write import CUR_2, Story, imagine
from services.attribution.engine import Run
from tests.bills import OCTOBER


@pytest.fixture(scope="session")
def stories() -> dict[SampleMonth, Story]:
    """What the deliveries of `everything` are made from; empty before they are."""
    return {}


@pytest.fixture(scope="session")
def everything(
    stories: dict[SampleMonth, Story], tmp_path_factory: pytest.TempPathFactory
) -> list[Sample]:
    """All months of October in one folder, as they share a bucket, and its restatement."""

    def imagine_and_keep(month: SampleMonth, *, seed: int) -> Story:
        return stories.setdefault(month, imagine(month, seed=seed))

    root = tmp_path_factory.mktemp("sample")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(write, "imagine", imagine_and_keep)
        return list(write_everything(root=root, anchor=OCTOBER, seed=1))


@pytest.fixture(scope="session")
def sample(everything: list[Sample]) -> Sample:
    return everything[OFFSETS.index(0)]


@pytest.fixture(scope="session")
def restated(everything: list[Sample]) -> Sample:
    return everything[-1]


@pytest.fixture(scope="session")
def attributed(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    """The sample's run as CUR 2.0, and the folder of its files and of its snapshot."""
    work = tmp_path_factory.mktemp("attributed")
    return attribute_format(sample, CUR_2, work), work

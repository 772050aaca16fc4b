"""What `pip install .` brings and what the extra `local` adds, by the wheels themselves."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.bills import RULESET, focus_line, write_focus

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = {"services", "shared"}
ROOMS = {
    "commands",
    "demo",
    "docker",
    "local",
    "page_previews",
    "sample_company",
    "stripe_standin",
    "true_up_checker",
}


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """By the name of their distribution."""
    out = tmp_path_factory.mktemp("wheels")
    for project in (ROOT, ROOT / "deploy"):
        build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
        subprocess.run([*build, "--directory", out], cwd=project, check=True, capture_output=True)
    return {path.name.partition("-")[0]: path for path in out.iterdir()}


def files_of(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    return [Path(name) for name in names if ".dist-info/" not in name]


@pytest.fixture
def trueback(wheels, tmp_path):
    """The command from wheels, beside what this installation has but not beside this checkout."""
    site = tmp_path / "site"
    site.mkdir()
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if path.suffix != ".pth" and not path.name.startswith(("trueback", "__editable__")):
            (site / path.name).symlink_to(path)

    def run(*arguments, of, module="services.command.main"):
        for distribution in of:
            zipfile.ZipFile(wheels[distribution]).extractall(site)
        return subprocess.run(
            [sys.executable, "-S", "-P", "-m", module, *arguments],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(site), "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


class TestTheBaseWheel:
    def test_holds_the_product_and_nothing_of_deployment(self, wheels):
        files = files_of(wheels["trueback"])
        assert {path.parts[0] for path in files} == PRODUCT
        folders = {part for path in files for part in path.parent.parts}
        # Django's own word for what `manage` does is `commands` as well.
        assert folders & (ROOMS - {"commands"}) == set()

    def test_holds_the_portals_static_files_where_they_are_built(self, wheels):
        build = ROOT / "services/portal/static/build"
        built = {path.relative_to(ROOT) for path in build.rglob("*") if path.is_file()}
        packed = {
            path
            for path in files_of(wheels["trueback"])
            if path.is_relative_to("services/portal/static")
        }
        assert packed == built

    def test_attributes_a_bill(self, trueback, tmp_path):
        (tmp_path / "trueback.yaml").write_text(RULESET)
        write_focus(tmp_path / "bill.csv", [focus_line(cost="7", tags={"customer": "acme"})])
        options = {"bill": "bill.csv", "config": "trueback.yaml", "period": "2026-10", "out": "out"}
        given = [part for name, value in options.items() for part in (f"--{name}", value)]
        done = trueback("attribute", *given, of=["trueback"])
        assert done.returncode == 0, done.stderr
        assert "difference 0" in done.stdout

    def test_names_the_extra_that_a_command_needs(self, trueback):
        done = trueback("demo", of=["trueback"])
        assert done.returncode == 3, done.stderr
        assert "the extra `local` is missing" in done.stderr


class TestTheWheelOfTheExtra:
    def test_holds_the_rooms_of_deployment_and_nothing_of_the_product(self, wheels):
        files = files_of(wheels["trueback_local"])
        assert {path.parts[0] for path in files} == {"deploy"}
        assert {path.parts[1] for path in files if path.name != "__init__.py"} == ROOMS

    def test_is_what_the_extra_names(self, wheels):
        metadata = {}
        for name, wheel in wheels.items():
            archive = zipfile.ZipFile(wheel)
            [text] = [each for each in archive.namelist() if each.endswith("/METADATA")]
            metadata[name] = archive.read(text).decode().splitlines()
        [version] = [line for line in metadata["trueback_local"] if line.startswith("Version: ")]
        named = f"trueback-local=={version.removeprefix('Version: ')}"
        assert f"Requires-Dist: {named}; extra == 'local'" in metadata["trueback"]

    def test_brings_its_commands(self, trueback):
        done = trueback("--help", of=["trueback", "trueback_local"])
        assert done.returncode == 0, done.stderr
        assert "servers and services, live" in done.stdout
        assert "Needs the extra" not in done.stdout

    def test_brings_the_sample_company(self, trueback):
        both = ["trueback", "trueback_local"]
        done = trueback("--help", of=both, module="deploy.sample_company")
        assert done.returncode == 0, done.stderr

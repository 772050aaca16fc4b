"""What `make lint` says of the licences of what we lock."""

import pytest

from tests.licences import problems

LOCK = 'django==5.2.19 \\\n    --hash=sha256:0\nsix==1.0 ; sys_platform == "win32" \\\n'


def sbom(*licences):
    return {"components": [{"name": "Django", "licenses": [*licences]}]}


def named(text):
    return {"license": {"id": text}}


class TestLicences:
    @pytest.mark.parametrize(
        "licences",
        [
            [named("BSD-3-Clause")],
            [{"license": {"name": "License :: OSI Approved :: BSD License"}}],
            [{"expression": "GPL-3.0-only OR MIT"}],
            [{"expression": "MIT AND PSF-2.0"}],
        ],
    )
    def test_that_are_allowed_are_no_problem(self, licences):
        assert list(problems(sbom(*licences), [LOCK])) == []

    @pytest.mark.parametrize(
        "licences",
        [
            [],
            [named("AGPL-3.0-only")],
            [{"license": {"name": "Proprietary"}}],
            [{"expression": "MIT AND GPL-3.0-only"}],
        ],
    )
    def test_that_are_not_are_named(self, licences):
        [problem] = problems(sbom(*licences), [LOCK])
        assert "django" in problem

    def test_of_what_is_not_installed_are_not_known(self):
        assert list(problems({"components": []}, [LOCK])) == [
            "django is locked, and not in the SBOM"
        ]

from dataclasses import asdict

from services.attribution.domain.run_folders import RunFolders


def test_each_folder_of_a_run_lies_below_its_root_and_is_no_other(tmp_path):
    folders = asdict(RunFolders.below(tmp_path))
    assert folders == {name: tmp_path / name for name in folders}

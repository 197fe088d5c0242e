"""Puts the nets of the folder `zoo/` into the package; all else about the build stands in pyproject.toml."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent


class BuildWithZoo(build_py):
    """Copies the zoo's texts to `netcc/zoo/nets`; an editable install reads them where they lie."""

    def run(self):
        super().run()
        if self.editable_mode:
            return
        for path in self._nets():
            target = Path(self.build_lib, "netcc", "zoo", "nets", path.relative_to(ROOT / "zoo"))
            self.mkpath(str(target.parent))
            self.copy_file(str(path), str(target))

    def get_source_files(self):
        return [*super().get_source_files(), *(str(path.relative_to(ROOT)) for path in self._nets())]

    def _nets(self):
        kinds = {".prototxt", ".md", ".json"}
        return sorted(path for path in (ROOT / "zoo").rglob("*") if path.is_file() and path.suffix in kinds)


setup(cmdclass={"build_py": BuildWithZoo})

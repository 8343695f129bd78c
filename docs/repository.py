"""Pages that stand elsewhere in the repository, each at its own place.

So a relative link means the same there and here, and nothing is written twice.
"""

import subprocess
from pathlib import Path

from mkdocs.structure.files import File, Files, InclusionLevel

ROOT = Path(__file__).resolve().parents[1]
SHARED = ('README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'CITATION.cff')
FOLDERS = ('.ci', '.github', 'configs', 'docs/*.*', 'mmstn', 'tests', 'tools')
REFERENCE = ':!docs/reference'  # MkDocs has it


def on_files(files: Files, config) -> Files:
    """Add what pages of the repository are made of, and link to."""
    listed = subprocess.run(
        ['git', '-C', str(ROOT), 'ls-files', *SHARED, *FOLDERS, REFERENCE],
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            file = File(
                name, str(ROOT), config.site_dir, config.use_directory_urls
            )
            file.inclusion = InclusionLevel.INCLUDED  # .github too
            files.append(file)
    return files

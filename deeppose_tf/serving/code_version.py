"""Which code writes an export."""

import pathlib
import subprocess


def commit(path: pathlib.Path = pathlib.Path(__file__)) -> str | None:
    """The commit of a checkout, with "-dirty" where its files differ from it.

    Args:
        path: of a file of the checkout.

    Returns:
        None where there is no git, or the file is not in a commit.
    """

    def git(*arguments):
        done = subprocess.run(
            ["git", "-C", path.parent, *arguments],
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    try:
        # An installed package may lie within a checkout of something else.
        git("ls-files", "--error-unmatch", path.name)
        return git(
            *("describe", "--always", "--exclude=*", "--abbrev=12", "--dirty")
        )
    except (OSError, subprocess.CalledProcessError):
        return None

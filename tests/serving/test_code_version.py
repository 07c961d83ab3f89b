import re
import subprocess

from deeppose_tf.serving import code_version


def git(folder, *arguments):
    who = "-c", "user.name=A", "-c", "user.email=a@b.c"
    subprocess.run(["git", "-C", folder, *who, *arguments], check=True)


def test_the_commit_of_a_file_and_whether_something_differs(tmp_path):
    code = tmp_path / "code.py"
    code.write_text("one")
    assert code_version.commit(code) is None  # No checkout.
    git(tmp_path, "init", "--quiet")
    assert code_version.commit(code) is None  # Not in a commit.
    git(tmp_path, "add", "code.py")
    git(tmp_path, "commit", "--quiet", "--message=first")
    git(tmp_path, "tag", "v1")
    clean = code_version.commit(code)
    assert re.fullmatch("[0-9a-f]{12}", clean)
    code.write_text("two")
    assert code_version.commit(code) == f"{clean}-dirty"


def test_without_git_the_commit_is_unknown(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert code_version.commit() is None

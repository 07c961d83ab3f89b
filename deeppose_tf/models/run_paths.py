"""Where the files of a run folder lie: runs/NAME/stageS."""

import dataclasses
import pathlib
import re

from deeppose_tf.storage import digests

CHECKPOINT = "ckpt-"


@dataclasses.dataclass(frozen=True)
class RunFolder:
    """The folder of one stage's training, and the names of all its files.

    Attributes:
        path: of the folder.
    """

    path: pathlib.Path

    @property
    def spec(self) -> pathlib.Path:
        """What the stage is: enough to build its model again."""
        return self.path / "stage.json"

    @property
    def training(self) -> pathlib.Path:
        """What must not change while a stopped training goes on."""
        return self.path / "training.json"

    @property
    def flags(self) -> pathlib.Path:
        """The flags of the training, itself a flag file."""
        return self.path / "flags.cfg"

    @property
    def displacements(self) -> pathlib.Path:
        """Statistics of the stage's errors on the training people."""
        return self.path / "displacements.json"

    @property
    def predictions(self) -> pathlib.Path:
        """The training people as this stage sees them."""
        return self.path / "predictions.npz"

    @property
    def metrics(self) -> pathlib.Path:
        """PDJ, PCP... on training and validation people."""
        return self.path / "metrics.json"

    @property
    def metrics_table(self) -> pathlib.Path:
        """The same metrics for spreadsheets."""
        return self.path / "metrics.csv"

    @property
    def confidence(self) -> pathlib.Path:
        """What the confidence scores of an export are made of."""
        return self.path / "confidence.json"

    @property
    def exported(self) -> pathlib.Path:
        """Which weights have been exported; see `train`."""
        return self.path / "exported.json"

    @property
    def checkpoints(self) -> pathlib.Path:
        """Folder of the checkpoint that a stopped training goes on from."""
        return self.path / "checkpoints"

    @property
    def best_weights(self) -> pathlib.Path:
        """The weights of the best validation."""
        return self.path / "best.weights.h5"

    @property
    def last_weights(self) -> pathlib.Path:
        """The weights of the last validation."""
        return self.path / "last.weights.h5"

    @property
    def lock(self) -> pathlib.Path:
        """Held by the training that writes here."""
        return self.path / ".deeppose.lock"

    def strangers(self) -> list[str]:
        """Names of what lies here, if anything, and no training has made.

        A training that was killed before it had written stage.json leaves what
        is not named.
        """
        if not self.path.is_dir():
            return [self.path.name] if self.path.exists() else []
        ours = {digests.NAME, self.lock.name}
        ours |= {path.name for path in self.leftovers()}
        return sorted({path.name for path in self.path.iterdir()} - ours)

    def leftovers(self) -> list[pathlib.Path]:
        """Temporary files of `files.atomic` that a kill has left here."""
        known = (
            *(self.spec, self.training, self.flags, self.displacements),
            *(self.predictions, self.metrics, self.metrics_table),
            *(self.confidence, self.exported),
            *(self.best_weights, self.last_weights),
        )
        names = "|".join(
            re.escape(name)
            for name in (digests.NAME, *(path.name for path in known))
        )
        temporary = re.compile(rf"\.[0-9a-f]{{8}}\.({names})")
        return [p for p in self.path.iterdir() if temporary.fullmatch(p.name)]

    def saved_steps(self) -> list[int]:
        """At which steps the checkpoints were written, the newest first."""
        # A user may have copies beside them.
        names = re.compile(rf"{CHECKPOINT}(\d+)\.index")
        found = (
            names.fullmatch(path.name) for path in self.checkpoints.glob("*")
        )
        return sorted((int(match[1]) for match in found if match), reverse=True)

    def networks(self) -> list["RunFolder"]:
        """This folder and those of a per-joint refiner's networks."""
        return [self, *map(RunFolder, sorted(self.joints.glob("*")))]

    def tensorboard(self, run: str) -> pathlib.Path:
        """Event files of a run that TensorBoard shows by this name."""
        return self.path / "tensorboard" / run

    def part(self, name: str) -> "RunFolder":
        """Where a network of the stage is trained.

        Args:
            name: key of `StageSpec.parts`.

        Returns:
            This folder for "all", else one below it for each joint.
        """
        return self if name == "all" else RunFolder(self.joints / name)

    @property
    def joints(self) -> pathlib.Path:
        """Where the networks of a per-joint refiner are trained."""
        return self.path / "joints"

    def weights_of_parts(self, name: str) -> list[pathlib.Path]:
        """The weights files of all parts that have any.

        Args:
            name: "best" or "last".
        """
        return sorted(self.path.rglob(f"{name}.weights.h5"))

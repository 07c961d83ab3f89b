"""Options of a training: its loss, its optimizer, and how long it takes."""

import dataclasses

from deeppose_tf import errors
from deeppose_tf.launch import cluster
from deeppose_tf.launch import lazy
from deeppose_tf.options import option
from deeppose_tf.training import addons

with lazy.imports():
    from deeppose_tf.losses import distillation
    from deeppose_tf.losses import joint_losses
    from deeppose_tf.losses import map_loss
    from deeppose_tf.losses import rle

# By name: a module, and its class.
LOSSES = {
    "l1": (joint_losses, "L1"),
    "l2": (joint_losses, "L2"),
    "rle": (rle, "ResidualLogLikelihood"),
}
OPTIMIZERS = ("adagrad", "adamw", "sgd", *addons.OPTIMIZERS)
STRATEGIES = ("mirrored", "multi_worker", "one_device")


@dataclasses.dataclass(frozen=True)
class LossOptions:
    """The loss on joints, and perhaps on the maps they come from."""

    loss: str = option(
        "l2", "Loss on the joints.", choices=sorted(LOSSES), kept=True
    )
    map_weight: float = option(
        0.0,
        "Heads integral, peak and context: weight of a loss that asks each map "
        "for a normal density around the joint, e.g. 0.1.",
        low=0.0,
        kept=True,
    )
    teacher: str | None = option(
        None,
        "An exported cascade, e.g. saved_models/lsp_extended, from whose maps "
        "a stage 1 of head integral, peak or context learns too.",
        kept=True,
    )
    teacher_weight: float = option(
        1.0,
        "Weight of the loss that asks each map for the teacher's.",
        low=0.0,
        kept=True,
    )

    def on_joints(self) -> "joint_losses.Loss":
        """A new loss on joints; to be made in the strategy's scope."""
        module, name = LOSSES[self.loss]
        return getattr(module, name)()

    def with_maps(
        self,
        on_joints: "joint_losses.Loss",
        teacher: tuple | None = None,
    ) -> "joint_losses.Loss":
        """A loss on joints and, where they are given a weight, on maps.

        Args:
            on_joints: of this training.
            teacher: a network and its joints, see `distillation.WithTeacher`.
        """
        loss = on_joints
        if self.map_weight:
            loss = map_loss.WithMaps(loss, self.map_weight)
        if teacher is not None:
            loss = distillation.WithTeacher(loss, *teacher, self.teacher_weight)
        return loss


@dataclasses.dataclass(frozen=True)
class OptimizerOptions:
    """How weights are updated."""

    optimizer: str = option(
        "adagrad",
        "Optimizer of all weights; docs/addons.md has those of addons.",
        choices=OPTIMIZERS,
        kept=True,
    )
    learning_rate: float = option(
        0.0005, "Learning rate at its highest, after the warm-up.", low=0.0
    )
    accumulator: float = option(
        1e-4,
        "First value of adagrad's accumulator; Keras's 0.1 makes the paper's "
        "learning rate almost inert.",
    )
    weight_decay: float = option(
        1e-4, "Weight decay of adamw, and of those of addons that know it."
    )
    decay: str = option(
        "constant",
        "How the learning rate goes on after the warm-up.",
        choices=["constant", "cosine"],
    )
    warmup_steps: int = option(
        0, "Steps over which the learning rate rises.", low=0
    )


@dataclasses.dataclass(frozen=True)
class Schedule:
    """How long a model is trained, and how often it is evaluated."""

    steps: int = option(10000, "Steps of the whole training.", low=1)
    batch_size: int = option(
        128, "Crops a step, over all replicas.", low=1, kept=True
    )
    eval_every: int = option(
        500, "Steps between validations, which also save the state.", low=1
    )
    clip_norm: float | None = option(
        None, "Global norm that gradients are clipped to.", low=1e-6
    )
    weight_average: float | None = option(
        None,
        "Evaluate and export a running average of the weights, of which a "
        "step keeps this share, e.g. 0.999.",
        low=0.0,
        high=1.0,
        kept=True,
    )
    patience: int = option(
        0,
        "Ends the training after so many evaluations without a better "
        "validation score; 0 never does.",
        low=0,
    )
    checkpoint_minutes: float = option(
        10.0,
        "Minutes between checkpoints at most; each evaluation, and a stop by "
        "Ctrl-C or SIGTERM, writes one too.",
        low=0.0,
    )
    jit_compile: bool = option(
        False, "Compile the network's passes by XLA; for one replica."
    )
    profile_steps: str | None = option(
        None, "First and last step of a profile for TensorBoard, e.g. 10,20."
    )
    log_every: int = 50  # Steps between lines of the log.

    def check(self):
        """Raises InputError where `profile_steps` is no span of steps."""
        self.profiled()

    def profiled(self) -> tuple[int, int] | None:
        """First and last step of the profile; InputError for other words."""
        if self.profile_steps is None:
            return None
        span = [part.strip() for part in self.profile_steps.split(",")]
        if len(span) != 2 or not all(map(str.isdecimal, span)):
            span = ["0", "0"]
        first, last = map(int, span)
        if not 0 < first <= last:
            raise errors.InputError(
                f"--profile_steps={self.profile_steps}: want the first and the "
                "last step, e.g. 10,20"
            )
        return first, last

    def is_evaluated(self, step: int) -> bool:
        """Whether a step, counted from 1, is followed by an evaluation."""
        return step % self.eval_every == 0 or step == self.steps


@dataclasses.dataclass(frozen=True)
class Placement:
    """Where a training runs."""

    strategy: str | None = option(
        None,
        "Replicas: on all GPUs of this machine (mirrored), on one device, or "
        "on several machines, which TF_CONFIG names (multi_worker). Default "
        "mirrored, or multi_worker where TF_CONFIG names several workers.",
        choices=STRATEGIES,
    )
    logical_cpus: int = option(1, "Replicas on a machine without a GPU.", low=1)

    def kind(self) -> str:
        """The strategy, also where none is chosen.

        Raises:
            InputError: it does not go with TF_CONFIG or --logical_cpus.
        """
        found = cluster.from_environment()
        several = found.workers > 1
        kind = self.strategy or ("multi_worker" if several else "mirrored")
        if kind == "multi_worker" and not found.addresses:
            raise errors.InputError(
                f"--strategy={kind}: {cluster.VARIABLE} names no workers; set "
                "it on each machine, or leave --strategy out"
            )
        if kind != "multi_worker" and several:
            raise errors.InputError(
                f"--strategy={kind}: {cluster.VARIABLE} names {found.workers} "
                "workers, which would each train alone; unset it, or leave "
                "--strategy out"
            )
        if kind != "mirrored" and self.logical_cpus > 1:
            raise errors.InputError(
                f"--logical_cpus={self.logical_cpus}: only with "
                "--strategy=mirrored; leave it out"
            )
        return kind

    def workers(self) -> int:
        """How many processes train together."""
        return cluster.from_environment().workers

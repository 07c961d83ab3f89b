"""The console command: `deeppose predict photo.jpg` and all other programs.

It runs the modules that `python -m` runs; it imports only what is asked for.
"""

import runpy
import sys

import deeppose_tf

# What each word starts, and what for.
PROGRAMS = {
    "predict": ("deeppose_tf.predict", "poses in photos and videos"),
    "train": ("deeppose_tf.train", "one stage of a cascade"),
    "train_cascade": ("deeppose_tf.train_cascade", "all its stages"),
    "evaluate": ("deeppose_tf.evaluate", "a model on held-out people"),
    "export": ("deeppose_tf.export", "a trained cascade again"),
    "export_finder": ("deeppose_tf.export_finder", "the person finder"),
    "client": ("deeppose_tf.client", "poses predicted by a server"),
    "sigma_sweep": ("deeppose_tf.sigma_sweep", "sizes of refinement boxes"),
    "input_server": ("deeppose_tf.input_server", "a tf.data service"),
    "models": ("deeppose_tf.list_models", "the models that are there"),
    "validate": ("data_prep.validate", "a folder of records"),
    "build lsp": ("data_prep.build_lsp", "records of LSP, LSP Extended"),
    "build flic": ("data_prep.build_flic", "records of FLIC"),
    "build mpii": ("data_prep.build_mpii", "records of MPII"),
    "build coco": ("data_prep.build_coco", "records of COCO"),
    "build csv": ("data_prep.build_csv", "records of your own CSV file"),
    "synthesize_lsp": ("data_prep.synthesize_lsp", "made-up people"),
}


def main():
    """Starts the program that the first words name."""
    words = sys.argv[1:]
    if not words or words[0] in ("--help", "-h", "help"):
        print(_usage())
        return
    if words[0] == "--version":
        print(f"deeppose {deeppose_tf.__version__}")
        return
    count = 2 if words[0] == "build" else 1
    typed = " ".join(words[:count])
    # As people write it: train-cascade.
    name = typed.replace("-", "_")
    if name not in PROGRAMS:
        sys.exit(f"error: no program {typed!r}\n\n{_usage()}")
    module, _ = PROGRAMS[name]
    sys.argv[1 : 1 + count] = []
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _usage():
    lines = [
        f"  deeppose {name:15} {what}" for name, (_, what) in PROGRAMS.items()
    ]
    return "\n".join(
        [
            "usage: deeppose PROGRAM --flag=value ...",
            "",
            *lines,
            "",
            "deeppose PROGRAM --help prints the flags of a program.",
        ]
    )

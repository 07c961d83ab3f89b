"""Trains one stage of the cascade.

python -m deeppose_tf.train --flagfile=flags/stage1.cfg
"""

import pathlib

from absl import flags
from absl import logging

from deeppose_tf import errors
from deeppose_tf.launch import app
from deeppose_tf.launch import lazy
from deeppose_tf.models import run_paths
from deeppose_tf.models import stage_specs
from deeppose_tf.runs import jobs
from deeppose_tf.runs import train_flags
from deeppose_tf.serving import versions
from deeppose_tf.storage import digests
from deeppose_tf.storage import json_files

with lazy.imports():
    from deeppose_tf.runs import stage_results
    from deeppose_tf.runs import stage_trainer
    from deeppose_tf.serving import export_saved_model
    from deeppose_tf.serving import export_sources

_FLAGS = train_flags.TrainFlags()


def main(argv):
    """Trains the stage, measures it, exports the cascade that ends with it."""
    app.refuse_arguments(argv)
    flags_text = flags.FLAGS.flags_into_string()
    logging.info("Flags:\n%s", "\n".join(app.given_flags()))
    plan = _FLAGS.plan()
    parts, export_dir = _FLAGS.parts(plan), _FLAGS.export_dir
    with jobs.begun(plan, flags_text, _FLAGS.placement) as job:
        trained = [stage_trainer.train_part(job, part) for part in parts]
        warning = stage_results.write(job.plan, job.workers)
        if job.workers.is_chief:
            _export(job.plan, export_dir, any(trained))
    if warning:
        logging.warning(warning)


def _export(plan, export_dir, trained):
    """Exports what is new: a stage run again must not hide later stages."""
    path = run_paths.RunFolder(plan.run_dir).exported
    weights = stage_specs.weights_digest(plan.spec, plan.run_dir)
    # An older version noted nothing, and one that was stopped not this.
    is_new = trained
    if path.exists():
        is_new = _exported(path, export_dir) != weights
    if not is_new and versions.versions(export_dir):
        logging.info("Nothing was trained, so nothing is exported")
        return
    source = export_sources.of_run(plan.run_dir, plan.data)
    version = export_saved_model.export(source, export_dir)
    digests.save(path, {"weights": weights, "version": str(version)})
    logging.info("Exported %d stages to %s", plan.spec.stage, version)


def _exported(path, export_dir):
    """Of which weights an export is there, None where it is not known."""
    try:
        noted = digests.load(path, "export again")
        json_files.expect(
            path, noted, {"weights": object, "version": object}, ""
        )
    except errors.InputError as error:
        logging.warning("%s: the export is taken for outstanding", error)
        return None
    folder = pathlib.Path(str(noted["version"])).parent
    # One that lies elsewhere is no export of this command.
    is_there = folder.resolve() == export_dir.resolve()
    return noted["weights"] if is_there else None


if __name__ == "__main__":
    app.run(main)

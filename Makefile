PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python -m

.PHONY: install demo test test-all clean

install: $(VENV)/installed

$(VENV)/installed: setup.py pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(RUN) pip install --quiet --editable .
	touch $@

# All extras, and what tests need.
$(VENV)/tested: $(VENV)/installed
	$(RUN) pip install --quiet --editable .[test]
	touch $@

# People that nobody has to download: drawn, built into records, learned by
# three stages, evaluated on held-out people, and shown on new pictures.
demo: install
	rm -rf demo
	$(RUN) data_prep.synthesize_lsp --output_dir=demo/people --people=1200
	$(RUN) data_prep.synthesize_lsp --output_dir=demo/new --people=8 --seed=1
	$(RUN) data_prep.build_lsp --source=demo/people --output_dir=demo/records \
	  --num_shards=2 --test_fraction=0.15 --val_fraction=0.05
	$(RUN) deeppose_tf.train_cascade flags/demo
	$(RUN) deeppose_tf.predict --model=demo/saved_models/lsp \
	  --output_dir=demo/predicted demo/new/images
	$(RUN) deeppose_tf.evaluate --model=demo/saved_models/lsp \
	  --data_dir=demo/records --split=test --output_dir=demo/report
	@echo "predictions:    demo/predicted"
	@echo "SavedModel:     $$(ls -d demo/saved_models/lsp/* | sort -V | tail -n 1)"
	@echo "TensorBoard:    $(VENV)/bin/tensorboard --logdir demo/runs"

test: $(VENV)/tested
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(VENV)/bin/lint-imports
	$(RUN) pytest

# The slow tests too: before a release.
test-all: test
	$(RUN) pytest -m slow

clean:
	rm -rf demo .pytest_cache .ruff_cache *.egg-info

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python -m
ADDONS_PYTHON ?= python3.11
ADDONS := .venv-addons

.PHONY: install demo test test-all test-addons clean

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

# tensorflow-addons, and the TensorFlow and Keras that it imports with.
$(ADDONS)/tested: setup.py constraints/addons.txt
	$(ADDONS_PYTHON) -m venv $(ADDONS)
	$(ADDONS)/bin/python -m pip install --quiet -c constraints/addons.txt \
	  --editable .[addons,coco,video] \
	  h5py pycocotools pytest pytest-xdist scikit-image
	touch $@

# Less what is of the default stack, or of no stack at all. An export of each
# stack is read by the other. Keras 2 draws seeds as Python 3.12 forbids.
test-addons: $(VENV)/installed $(ADDONS)/tested
	DEEPPOSE_OTHER_PYTHON=$(CURDIR)/$(VENV)/bin/python \
	$(ADDONS)/bin/python -m pytest -m "not slow and not keras3" \
	  -W "ignore:non-integer arguments to randrange:DeprecationWarning" \
	  $(addprefix tests/,data data_prep evaluation geometry inference launch \
	    models networks programs reports runs serving training visualization)

clean:
	rm -rf build demo .pytest_cache .ruff_cache *.egg-info

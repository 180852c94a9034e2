# make lab · make test · make notebooks · make full-results · make bench: each makes .venv first, if it is not there
PYTHON ?= python3
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
PYTHON := python
else
BIN := .venv/bin
endif
READY := .venv/ready

.PHONY: install lab test notebooks full-results bench lock clean

install: $(READY)  ## make .venv with everything in it

lab: $(READY)  ## open JupyterLab on the first lesson; ARGS="--no-browser --port=8899" passes options on
	cd notebooks && ../$(BIN)/jupyter lab 00-start-here.ipynb $(ARGS)

test: $(READY)  ## run every test; ARGS="-k conv" passes options on
	$(BIN)/python -m pytest $(ARGS)

notebooks: $(READY)  ## run every lesson on drawn data and store it with its outputs
	$(BIN)/python tools/notebooks.py $(ARGS)

full-results: $(READY)  ## train on the real data (minutes) and store the figures the lessons show
	$(BIN)/python tools/full_results.py $(ARGS)

bench: $(READY)  ## time cnnlab beside TensorFlow and others (about ten minutes on an idle machine); ARGS="--quick" for a first look
	$(BIN)/python benchmarks/speed.py $(ARGS)

lock: requirements.in pyproject.toml  ## renew requirements.txt (needs uv)
	uv pip compile --universal --python-version 3.11 --upgrade requirements.in -o requirements.txt

clean:
	$(PYTHON) -c "import shutil; shutil.rmtree('.venv', ignore_errors=True)"

# Byte-compiling once makes the first `import tensorflow` about three times as quick; and a font cache that is
# there already does not announce itself in the first lesson.
$(READY): requirements.txt pyproject.toml
	$(PYTHON) -c "import sys; v = sys.version_info; sys.exit(None if (3, 11) <= v[:2] <= (3, 13) else f'CNN Lab needs Python 3.11, 3.12 or 3.13; this is {v[0]}.{v[1]}. Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)')"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	-$(BIN)/python -m compileall -q -j 0 .venv
	$(BIN)/python -c "import matplotlib.font_manager"
	$(BIN)/python -c "import pathlib; pathlib.Path('$(READY)').touch()"

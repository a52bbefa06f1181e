# make demo   set up, paint a sample photograph in a sample style, offline
# make test   set up, check style and types, run all tests but those of interfaces
# make test-all   the same, those in a browser, on Ray, of several processes, of every example, and more examples of each property
# make fuzz   set up, fuzz everything that reads what strangers send: MINUTES=10 for each target
# make docs   set up, make the course and build the documentation into docs/_build, and check its links; offline, but for what npm fetches once
# make dist   build the wheel and the source distribution into dist/
# make bench  set up, measure pincel beside the package pastiche; options in BENCH="--size 512"
PYTHON ?= python3
# A quiet, private copy of uv makes the whole environment in seconds; it looks where pip looks.
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
export UV_PYTHON_DOWNLOADS = never
# Where it is set, as in containers, each of the processes below would compile torch anew: two seconds each.
export PYTHONDONTWRITEBYTECODE =
BIN := .venv/bin
UV := .tools/bin/uv
INSTALL := $(UV) pip install -q --python $(BIN)/python -c constraints.txt

MINUTES ?= 10
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal

.PHONY: demo test test-all test-interfaces test-properties docs bench fuzz lint study samples translations dist clean

demo: .venv/.installed
	$(BIN)/pincel transfer sample:harbour sample:impasto -o demo/painted.png --sheet demo/sheet.jpg --size 400 --steps 40
	@echo "Your own photograph: $(BIN)/pincel transfer photo.jpg painting.jpg -o painted.png"
	@echo "In the browser: $(BIN)/pincel studio. After 'source $(BIN)/activate', pincel alone is enough."

test: lint
	$(PYTEST) -m "not slow and not interface"

test-all: test test-interfaces test-properties

test-interfaces: .venv/.installed-dev
	$(PYTEST) -m "interface and not slow"

test-properties: .venv/.installed-dev
	$(PYTEST) -m "property and not interface and not slow" --hypothesis-profile wide

docs: .venv/.installed-docs
	$(BIN)/python scripts/docs_site.py build

bench: .venv/.installed
	$(BIN)/python benchmarks/speed.py $(BENCH)

fuzz: .venv/.installed-dev
	$(INSTALL) -e '.[fuzz]'
	$(BIN)/python scripts/fuzz/run.py all --minutes $(MINUTES)

lint: .venv/.installed-dev
	$(BIN)/ruff check src tests examples scripts benchmarks integrations
	$(BIN)/ruff format --check src tests examples scripts benchmarks integrations
	$(BIN)/mypy

# Comparisons that take minutes; each prints its figures.
study: .venv/.installed-dev
	$(BIN)/python -m pytest -m slow -s -rA

# Collect the texts of the code in the catalogs and compile these; both are committed.
translations: .venv/.installed-dev
	$(BIN)/python scripts/translations.py

# Render the sample pictures again; the result is committed.
samples: .venv/.installed
	$(BIN)/python scripts/render_samples.py

.tools/bin/uv:
	$(PYTHON) -m venv .tools
	.tools/bin/pip install -q --disable-pip-version-check uv

.venv/bin/python: | $(UV)
	$(UV) venv -q --python $(PYTHON) --allow-existing .venv

# What the README shows: painting, the studio, studies, other networks. Torch first, in the build for this machine.
.venv/.installed: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/python scripts/install_torch.py $(UV)
	$(INSTALL) -e '.[studio,studies,weights]'
	touch $@

.venv/.installed-dev: .venv/.installed
	$(INSTALL) -e '.[dev]'
	touch $@

.venv/.installed-docs: .venv/.installed
	$(INSTALL) -e '.[docs]'
	touch $@

dist: $(UV)
	rm -rf dist
	$(UV) build -q

clean:
	rm -rf .venv .tools demo dist build

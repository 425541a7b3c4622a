# Everything happens in .venv beside this file; nothing is installed anywhere else. `make` alone lists the targets.

VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
# The interpreters to try, best first; `make PYTHON=/opt/python/bin/python3 …` names another.
PYTHON ?= python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3
# More arguments for pytest, or for the benchmark: make test ARGS='-k bridge -x'
ARGS   ?=
# Which kernels `make test-vm` boots: names, or all.
KERNELS ?= uml-full

PURE   := tests/unit tests/wire tests/test_repo.py
KERNEL := tests/kernel tests/contract

.DEFAULT_GOAL := help
.PHONY: tables setup check lint types pure test test-kernel test-vm matrix fuzz bench bench-quick demo fmt docs clean help reliability

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY)  ## build .venv (Python 3.11 or newer); quick the second time
	@:

$(READY): pyproject.toml
	@set -e; found=; seen=; \
	for python in $(PYTHON); do \
	  version=$$($$python -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue; \
	  seen="$$seen $$python ($$version)"; \
	  $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || continue; \
	  found=$$python; \
	  $$python -c 'import ensurepip, venv' 2>/dev/null && break; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "error: nsmgr needs Python 3.11 or newer; found:$${seen:- none}" >&2; \
	  echo "hint: sudo apt-get install python3 python3-venv, or make PYTHON=/path/to/python3" >&2; exit 1; \
	fi; \
	if ! $$found -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "error: $$found cannot make a virtual environment (Debian and Ubuntu package that apart)" >&2; \
	  echo "hint: sudo apt-get install python3-venv" >&2; exit 1; \
	fi; \
	[ -x $(BIN)/python ] && $(BIN)/python -c 'import pip' 2>/dev/null || { \
	  echo "setup: $(VENV) with $$($$found --version)"; $$found -m venv --clear $(VENV); }
	@echo "setup: installing nsmgr and its tools into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --config-settings editable_mode=compat --editable '.[dev]'
	@touch $@

check: $(READY)  ## lint, format, strict types, layer rule, pure tests: no root, under 10 s
	@$(MAKE) --no-print-directory -j3 --output-sync=target lint types pure

lint: $(READY)
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "hint: make fmt"; exit 1; }
	@echo "lint: clean"

types: $(READY)
	@$(BIN)/mypy

pure: $(READY)
	@$(BIN)/python -m pytest -n auto $(PURE) $(ARGS)

# Kernel tests make real namespaces: directly as root, else in the throw-away sandbox (where pytest would take the user for root
# and want the temporary directory of root's own runs, hence LOGNAME). Where that is refused too, they skip
# and say what the kernel answered.
test: $(READY)  ## every test; as an ordinary user in the sandbox
	@$(call in_namespaces,tests $(ARGS))

test-kernel: $(READY)  ## only the tests that talk to the kernel
	@$(call in_namespaces,$(KERNEL) $(ARGS))

test-vm: $(READY)  ## the kernel tests in a full kernel, in user space: no root; KERNELS='uml-full 6.12', KERNELS=all
	@$(BIN)/python -m tests.vm.suite --kernels "$(KERNELS)" -- $(ARGS)

define in_namespaces
set -e; run=; \
if [ "$$(id -u)" != 0 ]; then \
  if $(BIN)/python -m nsmgr.sandbox true; then run="env LOGNAME=$$(id -un)-sandboxed $(BIN)/python -m nsmgr.sandbox"; echo "test: not root, so in the sandbox"; \
  else echo "test: neither root nor sandbox: kernel tests will be skipped"; fi; \
fi; \
NSMGR_THOROUGH=1 $$run $(BIN)/python -m pytest $(1)
endef

fuzz: $(READY)  ## loader and decoders under a coverage-guided fuzzer, a minute each; ARGS='--seconds 600 link load'
	@$(BIN)/python -c 'import atheris' 2>/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check --config-settings editable_mode=compat --editable '.[fuzz]' || true
	@$(BIN)/python -m tests.fuzz $(ARGS)

bench: $(READY)  ## speed against a C floor and `ip -batch`; needs gcc and root; ARGS='--json FILE --plot FILE …'
	@$(BIN)/python -m tests.bench $(ARGS)

bench-quick: $(READY)  ## the same with small sizes, a minute
	@$(BIN)/python -m tests.bench --quick $(ARGS)

demo: $(READY)  ## the main job on configs/spine-leaf.yaml, in a throw-away sandbox: no root, touches nothing
	@PATH="$(CURDIR)/$(BIN):$$PATH" nsmgr run --sandbox -- sh docs/demo.sh

tables: $(READY)  ## what is generated: attribute tables from pyroute2 and from the models, the verbs' help
	@$(BIN)/python -m nsmgr.kernel.generate
	@$(BIN)/python -m nsmgr.model.generate
	@$(BIN)/python -m nsmgr.cli.generate
	@$(BIN)/ruff format --quiet nsmgr/model/table

fmt: $(READY)  ## format and mend what ruff can mend
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format .

docs: $(READY)  ## write the generated pages of docs/ anew: reference, coverage, kinds
	@$(BIN)/python docs/reference.py
	@$(BIN)/python docs/coverage.py
	@$(BIN)/python docs/kinds.py
	@$(BIN)/python docs/reliability.py

matrix: $(READY)  ## try every attribute of every kind, here and in a full kernel; writes tests/kernel/tested.json and docs/kinds.md
	@$(BIN)/python -m tests.scope.matrix $(KERNELS)
	@$(BIN)/python docs/kinds.py

reliability: $(READY)  ## kill, refuse and disturb applies at every moment, minutes; writes docs/reliability.md
	@NSMGR_RELIABILITY=1 NSMGR_THOROUGH=1 $(BIN)/python -m pytest -n auto tests/reliability tests/contract $(ARGS)
	@$(BIN)/python docs/reliability.py

clean:  ## remove .venv and every cache
	rm -rf $(VENV) build dist out *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find nsmgr tests docs -name __pycache__ -type d -prune -exec rm -rf {} +

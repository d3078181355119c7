# Two commands: each sets up what it needs in ./.venv and runs. PYTHON=python3.12 chooses another interpreter.
PYTHON ?= python3

.PHONY: demo test test-long clean

demo:
	@PYTHON="$(PYTHON)" scripts/install demo
	@.venv/bin/edgewise demo

test:
	@PYTHON="$(PYTHON)" scripts/install dev
	@scripts/test

# What `make test` leaves out: more networks, seeds, spoiled files, killed clusters and the pages. Before a release.
test-long:
	@PYTHON="$(PYTHON)" scripts/install dev
	@scripts/test --long

clean:
	rm -rf .venv build dist edgewise-demo

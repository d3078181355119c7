# Two commands: each sets up what it needs in ./.venv and runs. PYTHON=python3.12 chooses another interpreter.
PYTHON ?= python3

.PHONY: demo test clean

demo:
	@PYTHON="$(PYTHON)" scripts/install demo
	@.venv/bin/edgewise demo

test:
	@PYTHON="$(PYTHON)" scripts/install dev
	@scripts/test

clean:
	rm -rf .venv build dist edgewise-demo

# The front door. `make demo` records a call and shows it; `make check` proves the whole.
# SPDX-License-Identifier: LGPL-2.1-or-later

# Continuous integration takes warnings for errors, in a build directory of its own.
ifeq ($(CI),true)
BUILD ?= build-ci
SETUP = -Dwerror=true
else
BUILD ?= build
endif

.PHONY: demo demo-video check check-full fuzz build bench format install-deps

demo: $(BUILD)/build.ninja
	@.ci/install-packages build demo
	@ninja -C $(BUILD) --quiet
	@BUILD=$(BUILD) pipelines/demo

# Needs encoders and ffmpeg, which the tests use too.
demo-video: $(BUILD)/build.ninja
	@.ci/install-packages build demo test
	@ninja -C $(BUILD) --quiet
	@BUILD=$(BUILD) pipelines/demo-video

check: $(BUILD)/build.ninja
	@.ci/install-packages build demo test
	@BUILD=$(BUILD) SETUP="$(SETUP)" tests/check

check-full: $(BUILD)/build.ninja
	@.ci/install-packages build demo test full
	@BUILD=$(BUILD) SETUP="$(SETUP)" tests/check --full

# Half an hour for each target; FUZZ_SECONDS says otherwise.
fuzz:
	@.ci/install-packages build test
	@FUZZ_SECONDS=$${FUZZ_SECONDS:-1800} tests/fuzz/run

build: $(BUILD)/build.ninja
	@ninja -C $(BUILD)

bench: build
	@.ci/install-packages demo test bench
	@meson test -C $(BUILD) --benchmark --verbose --no-rebuild --suite answer-time --suite setup --suite srtp --suite video
	@meson devenv -C $(BUILD) tests/bench/media $(BENCH)

format:
	@git ls-files '*.[ch]' | xargs clang-format -i

install-deps:
	@.ci/install-packages build demo test

$(BUILD)/build.ninja:
	@.ci/install-packages build
	@meson setup $(BUILD) $(SETUP)

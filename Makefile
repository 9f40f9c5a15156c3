# Makefile: builds, tests and installs the programs with GNU make; there is no configure step.
# `make help` lists the targets. Variables, on the command line or in the environment:
#   PROFILE           release (default), debug, asan, tsan or coverage
#   CC, CPPFLAGS, CFLAGS, LDFLAGS, LDLIBS, PREFIX, DESTDIR: as usual
#   V=1               shows the commands
PROFILE ?= release
PREFIX  ?= /usr/local
CC      ?= cc
V       ?= 0

ifeq ($(PROFILE),release)
out := build
else
out := build/$(PROFILE)
endif
bin   := $(out)/bin
tests := $(out)/tests
obj   := build/$(PROFILE)/obj

profile_release := -O2 -g
profile_debug   := -O0 -g3
profile_asan    := -O1 -g3 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
profile_tsan    := -O1 -g3 -fsanitize=thread
# for make coverage
profile_coverage := -O0 -g --coverage -fprofile-update=atomic
# for make fuzz
profile_fuzz    := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
ifeq ($(profile_$(PROFILE)),)
$(error unknown PROFILE '$(PROFILE)'; expected release, debug, asan, tsan or coverage)
endif

# Hardening of release builds. The user's flags come later and can override it.
user_flags := $(CPPFLAGS) $(CFLAGS) $(LDFLAGS)
# $(call compiler,flag): the flag if the compiler supports it for this processor
compiler = $(shell echo 'int x;' | $(CC) -Werror $(1) -x c -fsyntax-only - 2>/dev/null && echo '$(1)')
fortify_level = $(shell echo '__has_builtin(__builtin_dynamic_object_size)' | $(CC) -E -P -x c - 2>/dev/null | \
                        grep -qw 1 && echo 3 || echo 2)
ifeq ($(PROFILE),release)
harden := -fstack-protector-strong $(call compiler,-fcf-protection)
harden_ld := -Wl,-z,relro -Wl,-z,now
ifeq ($(filter -static -static-pie -no-pie -fno-pie -fno-PIE,$(user_flags)),)
harden += -fPIE
harden_ld += -pie
endif
# _FORTIFY_SOURCE needs optimization
ifeq ($(findstring _FORTIFY_SOURCE,$(user_flags))$(filter -O0,$(user_flags)),)
harden += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$(fortify_level)
endif
endif

# $(call package,pkg-config name,flags): if the package is missing, the error names the Debian package to install
package = $(if $(shell pkg-config --exists $(1) 2>/dev/null && echo yes),$(shell pkg-config $(2) $(1)),\
          $(error $(1) is missing: run scripts/setup, or install $(debian_$(1))))
debian_liburing  := liburing-dev and pkg-config
debian_libcrypto := libssl-dev and pkg-config
debian_libsodium := libsodium-dev and pkg-config
debian_cmocka    := libcmocka-dev and pkg-config
debian_jansson   := libjansson-dev and pkg-config
debian_libattr   := libattr1-dev and pkg-config
debian_gsl       := libgsl-dev and pkg-config

# These goals can run before scripts/setup has installed the packages: they compile only by calling make again.
no_packages := help check check-valgrind check-long fuzz check-gnu coverage compare lint format clean
ifneq ($(filter-out $(no_packages),$(or $(MAKECMDGOALS),all)),)
packages_cflags := $(call package,liburing,--cflags) $(call package,libcrypto,--cflags) \
                   $(call package,libsodium,--cflags) $(call package,jansson,--cflags) \
                   $(call package,libattr,--cflags) \
                   $(call package,gsl,--cflags)
libs_core   := $(call package,liburing,--libs) $(call package,libcrypto,--libs) \
               $(call package,libsodium,--libs) \
               $(call package,libattr,--libs)
libs_abench := $(call package,gsl,--libs) $(call package,jansson,--libs)
# Optional: without it abench reports "unknown" as the filesystem and the device. Debian has no static libmount.
libmount := $(if $(filter -static -static-pie,$(user_flags)),,$(shell pkg-config --exists mount 2>/dev/null && echo yes))
ifeq ($(libmount),yes)
packages_cflags += -DHAVE_LIBMOUNT $(call package,mount,--cflags)
libs_abench     += $(call package,mount,--libs)
endif
endif

# the flags that clangd uses, too
language := $(shell cat compile_flags.txt)
# The lines of code of each engine, without comments and blank lines; `abench lesson` prints them.
lines_of = $(shell cat $(wildcard core/$(1)/*.[ch]) | grep -cvE '^[[:blank:]]*(/?\*( .*|/)?|/\*.*)?$$')
lines    := -DENGINE_LINES_SYNC=$(call lines_of,sync) -DENGINE_LINES_URING=$(call lines_of,uring)
flags    := $(language) $(profile_$(PROFILE)) $(harden) $(packages_cflags) $(lines) $(CPPFLAGS) $(CFLAGS)
ldflags  := -pthread $(profile_$(PROFILE)) $(harden_ld) $(LDFLAGS)

core_src    := $(wildcard core/*.c core/*/*.c)
core_obj    := $(core_src:%.c=$(obj)/%.o)
cli_src     := $(wildcard cmd/cli/*.c)
programs    := acp ahash acat abench
acp_src     := $(wildcard cmd/acp/*.c) $(cli_src)
ahash_src   := $(wildcard cmd/ahash/*.c) $(cli_src)
acat_src    := $(wildcard cmd/acat/*.c) $(cli_src)
abench_src  := $(wildcard cmd/abench/*.c cmd/abench/*/*.c) $(cli_src)
# Each of these files is a test program; tests/support is linked into all of them.
test_src    := $(wildcard tests/unit/*.c tests/contract/*.c)
test_bin    := $(test_src:tests/%.c=$(tests)/%)
# a filesystem that fails on demand, and the commands linked so that a test can make any of their calls fail
faultfs     := $(tests)/faults/faultfs
injected    := $(addprefix $(tests)/faults/,acp ahash acat)
# Each of these files is a fuzz target and, linked with replay.o, a test.
fuzz_src    := $(filter-out tests/fuzz/replay.c,$(wildcard tests/fuzz/*.c))
fuzz_bin    := $(fuzz_src:tests/%.c=$(tests)/%)
fuzz_obj    := $(addprefix $(obj)/cmd/ahash/,check_line.o algorithms.o) $(cli_src:%.c=$(obj)/%.o) $(obj)/libcore.a
inject_obj  := $(addprefix $(obj)/tests/faults/,inject.o inject_ring.o)
# Every call that these files wrap is injected: they are the only list of the calls.
inject_wrap = $$(nm $(inject_obj) | sed -n 's/.* T __wrap_/-Wl,--wrap=/p')
support_obj := $(patsubst %.c,$(obj)/%.o,$(wildcard tests/support/*.c)) $(cli_src:%.c=$(obj)/%.o)

ifeq ($(V),0)
quiet = @echo "  $(1)	$(2)";
endif

.PHONY: all tests faultfs-left-out libmount-left-out check check-valgrind check-long check-gnu coverage \
        fuzz fuzz-targets lint format compare install clean print-flags help
.SECONDARY:
## help: list the targets
.DEFAULT_GOAL := all
help:
	@sed -n 's/^## \([a-z-]*\): /\1\t/p' Makefile | expand -t 16

## all: build the programs into build/bin, or build/PROFILE/bin (see the file's head)
all: $(programs:%=$(bin)/%) $(if $(libmount),,libmount-left-out)
## tests: build the programs and all test programs
tests: all $(test_bin) $(fuzz_bin) $(injected) $(if $(shell pkg-config --exists fuse3 && echo yes),$(faultfs),faultfs-left-out)

$(obj)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call quiet,CC,$@)$(CC) $(flags) -MMD -MP -c -o $@ $<

$(obj)/libcore.a: $(core_obj)
	$(call quiet,AR,$@)rm -f $@; ar rcs $@ $^

$(obj)/cmd/abench/lesson/report.o: $(wildcard core/sync/*.[ch] core/uring/*.[ch])

define program_rule
$(bin)/$(1): $(patsubst %.c,$(obj)/%.o,$($(1)_src)) $(obj)/libcore.a
	@mkdir -p $$(@D)
	$$(call quiet,LD,$$@)$(CC) $(ldflags) -o $$@ $$^ $(libs_core) $(libs_$(1)) $(LDLIBS)
endef
$(foreach p,$(programs),$(eval $(call program_rule,$(p))))

$(tests)/unit/abench_stat: $(obj)/cmd/abench/stat.o
$(tests)/unit/abench_stat $(tests)/unit/json: libs_more := $(libs_abench)
$(tests)/%: $(obj)/tests/%.o $(support_obj) $(obj)/libcore.a
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(CC) $(ldflags) -o $@ $^ $(libs_core) $(libs_more) $(call package,cmocka,--libs) $(LDLIBS)

$(faultfs): $(addprefix $(obj)/tests/faults/,faultfs.o fold.o nfs4.o rules.o)
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(CC) $(ldflags) -o $@ $^ $$(pkg-config --libs fuse3) $(LDLIBS)

# An exit of the command must end the case and not the fuzzer.
$(tests)/fuzz/options $(tests)/fuzz/options.fuzz: private ldflags += -Wl,--wrap=exit

$(fuzz_bin): $(tests)/fuzz/%: $(obj)/tests/fuzz/%.o $(obj)/tests/fuzz/replay.o $(fuzz_obj)
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(CC) $(ldflags) -o $@ $^ $(libs_core) $(LDLIBS)

$(fuzz_bin:%=%.fuzz): $(tests)/fuzz/%.fuzz: $(obj)/tests/fuzz/%.o $(fuzz_obj)
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(CC) $(ldflags) -fsanitize=fuzzer -o $@ $^ $(libs_core) $(LDLIBS)

fuzz-targets: $(fuzz_bin:%=%.fuzz)

define injected_rule
$(tests)/faults/$(1): $(patsubst %.c,$(obj)/%.o,$($(1)_src)) $(inject_obj) $(obj)/libcore.a
	@mkdir -p $$(@D)
	$$(call quiet,LD,$$@)$(CC) $(ldflags) $$(inject_wrap) -o $$@ $$^ $(libs_core) $(LDLIBS)
endef
$(foreach p,$(notdir $(injected)),$(eval $(call injected_rule,$(p))))

faultfs-left-out:
	@echo "left out: $(faultfs): libfuse3-dev is missing; tests/faults will fail"

libmount-left-out:
	@echo "left out: the filesystem and its device in the reports of abench: no libmount (Debian: libmount-dev)"

# Runs make again after scripts/setup has installed the packages, with one job a processor unless -j is given.
again = $(MAKE) --no-print-directory $(if $(filter -j% --jobs%,$(MAKEFLAGS)),,-j$(shell nproc))

## check: install missing packages, build, and run every test on both engines
check:
	@scripts/setup check
	@+$(again) tests
	@scripts/check $(out)

## check-valgrind: run the unit tests, the contract tests and whole commands under valgrind
check-valgrind:
	@scripts/setup valgrind
	@+$(again) tests
	@scripts/valgrind $(out)

## check-long: run every case of tests/faults, plain and under the sanitizers, and valgrind (over two hours)
check-long:
	@+scripts/check-long

## fuzz: fuzz each target of tests/fuzz for FUZZ_SECONDS (60); findings stay in build/fuzz
fuzz:
	@scripts/setup fuzz
	@+$(again) PROFILE=fuzz CC=clang fuzz-targets
	@scripts/fuzz build/fuzz/tests/fuzz $(FUZZ_SECONDS)

## check-gnu: run coreutils' own tests of cp, cat and sha256sum, fetched at the first run, on every engine
check-gnu:
	@scripts/setup gnu
	@+$(again) all
	@tests/gnu/check $(bin)

## compare: install missing packages, build, and compare both engines on real files (DIR=...)
compare:
	@scripts/setup compare
	@+$(again) all
	@scripts/compare $(bin) $(DIR)

## coverage: print the lines of core that the tests (NAME=PART: those whose path has PART) cover
coverage:
	@scripts/setup check
	@+$(again) PROFILE=coverage tests
	@scripts/coverage $(NAME)

## lint: check format, warnings, static analysis, scripts and the rules of the project
lint:
	@scripts/setup lint
	@scripts/lint

## format: reformat the C files with clang-format
format:
	clang-format -i $$(find core cmd tests -name '*.[ch]')

## install: install programs and man pages below DESTDIR and PREFIX (/usr/local)
install: all
	install -d $(DESTDIR)$(PREFIX)/bin
	install $(programs:%=$(bin)/%) $(DESTDIR)$(PREFIX)/bin
	for page in $(wildcard cmd/*/*.[1-8]); do \
	    install -D -m 644 $$page $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/} || exit 1; done

## clean: remove the build directory
clean:
	rm -rf build

# for scripts/lint: the flags for compilers and analysers
print-flags:
	@echo $(flags)

-include $(shell find $(obj) -name '*.d' 2>/dev/null)

# Makefile: builds, tests and installs the programs with GNU make; there is no configure step.
# `make help` lists the targets. Variables, on the command line or in the environment:
#   PROFILE           release (default), debug, asan, tsan or coverage
#   STATIC=1          acp, ahash and acat without shared libraries, in build/static/bin
#   OUT               the build directory (build); `make -f /where/it/is/Makefile` builds into the current directory
#   CC, AR, PKG_CONFIG, CPPFLAGS, CFLAGS, LDFLAGS, LDLIBS, PREFIX, DESTDIR: as usual; also the directories below
#   V=1               shows the commands
here := $(dir $(realpath $(lastword $(MAKEFILE_LIST))))
ifneq ($(here),$(realpath $(CURDIR))/)
# started elsewhere: everything runs in the directory of the sources
goals := $(or $(MAKECMDGOALS),all)
.PHONY: $(goals)
$(firstword $(goals)):
	@+$(MAKE) --no-print-directory -C $(here) OUT='$(abspath $(or $(OUT),build))' $(goals)
$(wordlist 2,$(words $(goals)),$(goals)): $(firstword $(goals))
	@:
else

PROFILE    ?= release
OUT        ?= build
PREFIX     ?= /usr/local
CC         ?= cc
PKG_CONFIG ?= pkg-config
V          ?= 0

bindir      = $(PREFIX)/bin
libexecdir  = $(PREFIX)/libexec
mandir      = $(PREFIX)/share/man
bashcompdir = $(PREFIX)/share/bash-completion/completions
zshcompdir  = $(PREFIX)/share/zsh/site-functions
fishcompdir = $(PREFIX)/share/fish/vendor_completions.d

ifeq ($(STATIC),1)
ifneq ($(PROFILE),release)
$(error STATIC=1 cannot be combined with PROFILE=$(PROFILE))
endif
override PROFILE := static
endif
ifeq ($(PROFILE),release)
out := $(OUT)
else
out := $(OUT)/$(PROFILE)
endif
bin   := $(out)/bin
tests := $(out)/tests
obj   := $(OUT)/$(PROFILE)/obj

# Names below the directory of the sources, in assertions and debug information, make builds reproducible.
profile_release := -O2 -g -ffile-prefix-map=$(CURDIR)=.
profile_static  := $(profile_release)
profile_debug   := -O0 -g3
profile_asan    := -O1 -g3 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
profile_tsan    := -O1 -g3 -fsanitize=thread
# for make coverage. gcc would replace execvp by a function that writes the counts. Called in a child that shares the
# memory of abench, it writes those of abench, which are then not written again at its end.
profile_coverage := -O0 -g --coverage -fprofile-update=atomic -fno-builtin-execvp
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
ifneq ($(filter release static,$(PROFILE)),)
harden := -fstack-protector-strong $(call compiler,-fcf-protection)
harden_ld := -Wl,-z,relro -Wl,-z,now
ifeq ($(PROFILE),static)
harden += -fPIE
harden_ld += -static-pie
else ifeq ($(filter -static -static-pie -no-pie -fno-pie -fno-PIE,$(user_flags)),)
harden += -fPIE
harden_ld += -pie
endif
# _FORTIFY_SOURCE needs optimization
ifeq ($(findstring _FORTIFY_SOURCE,$(user_flags))$(filter -O0,$(user_flags)),)
harden += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$(fortify_level)
endif
endif

# $(call files,pattern...): they are linked in the order of their names, in every file system
files = $(sort $(wildcard $(1)))

# $(call has,pkg-config name): yes if the package is installed, nothing otherwise, also before pkg-config is installed
has = $(shell $(PKG_CONFIG) --exists $(1) 2>/dev/null && echo yes)
# $(call package,pkg-config name,flags): if the package is missing, the error names the Debian package to install
package = $(if $(call has,$(1)),$(shell $(PKG_CONFIG) $(2) $(1)),\
          $(error $(1) is missing: run scripts/setup, or install $(debian_$(1))))
debian_liburing  := liburing-dev and pkg-config
debian_libcrypto := libssl-dev and pkg-config
debian_libsodium := libsodium-dev and pkg-config
debian_cmocka    := libcmocka-dev and pkg-config
debian_jansson   := libjansson-dev and pkg-config
debian_libattr   := libattr1-dev and pkg-config
debian_gsl       := libgsl-dev and pkg-config

# $(call soname,pkg-config name): the name that a shared library is loaded by
soname = $(shell readelf -d $$($(PKG_CONFIG) --variable=libdir $(1))/$(1).so | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')

# These goals can run before scripts/setup has installed the packages: they compile only by calling make again.
no_packages := help check check-valgrind check-long fuzz check-gnu check-kernels check-cluster coverage compare lint format clean \
               uninstall dist deb
ifneq ($(filter-out $(no_packages),$(or $(MAKECMDGOALS),all)),)
static_libs := $(if $(filter static,$(PROFILE)),--static)
packages_cflags := $(call package,liburing,--cflags) $(call package,libcrypto,--cflags) \
                   $(call package,libsodium,--cflags) $(call package,libattr,--cflags)
packages_cflags += -DLIBURING_VERSION=$(shell $(PKG_CONFIG) --modversion liburing)
libs_core   := $(call package,liburing,--libs $(static_libs)) $(call package,libattr,--libs $(static_libs))
# Both are loaded when a digest needs them, unless there is nothing to load with.
libs_digest := $(call package,libcrypto,--libs $(static_libs)) $(call package,libsodium,--libs $(static_libs))
ifneq ($(filter static,$(PROFILE))$(filter -static -static-pie,$(user_flags)),)
packages_cflags += -DLIBRARIES_LINKED
libs_core   += $(libs_digest)
else
packages_cflags += -DLIBCRYPTO_SONAME=$(call soname,libcrypto) -DLIBSODIUM_SONAME=$(call soname,libsodium)
endif
# Optional: MD5, SHA-1 and SHA-2 without loading libcrypto
static_libcrypto := $(wildcard $(shell $(PKG_CONFIG) --variable=libdir libcrypto)/libcrypto.a)
ifneq ($(static_libcrypto),)
packages_cflags += -DHAVE_STATIC_LIBCRYPTO
libs_core   += $(static_libcrypto)
endif
ifneq ($(PROFILE),static)
packages_cflags += $(call package,jansson,--cflags) $(call package,gsl,--cflags)
libs_abench := $(call package,gsl,--libs) $(call package,jansson,--libs)
# Optional: without it one file is digested at a time. It is for x86-64, and loaded at run time.
# As '\#', it would reach the preprocessor with the backslash, and so not as a directive.
hash := \#
ipsec_mb := $(if $(filter -static -static-pie,$(user_flags)),,$(shell printf '%s\n' '$(hash)include <intel-ipsec-mb.h>' \
              '$(hash)if !defined(__x86_64__) || IMB_VERSION_NUM < IMB_VERSION(1, 3, 0)' '$(hash)error' '$(hash)endif' | \
              $(CC) $(CPPFLAGS) $(CFLAGS) -E - >/dev/null 2>&1 && echo yes))
ifeq ($(ipsec_mb),yes)
packages_cflags += -DHAVE_IPSEC_MB
endif
# Optional: without it abench reports "unknown" as the filesystem and the device. Debian has no static libmount.
libmount := $(if $(filter -static -static-pie,$(user_flags)),,$(call has,mount))
endif
ifeq ($(libmount),yes)
packages_cflags += -DHAVE_LIBMOUNT $(call package,mount,--cflags)
libs_abench     += $(call package,mount,--libs)
endif
endif

# the flags that clangd uses, too
language := $(shell cat compile_flags.txt)
# 32-bit processors: offsets and times of 64 bits, and without the precision of 80 bits that i386 has
ifneq ($(shell echo __SIZEOF_POINTER__ | $(CC) -E -P $(CPPFLAGS) $(CFLAGS) - 2>/dev/null),8)
language += -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64
language += $(call compiler,-fexcess-precision=standard) $(call compiler,-Wno-psabi)
endif
# The lines of code of each engine, without comments and blank lines; `abench lesson` prints them.
lines_of = $(shell cat $(wildcard core/$(1)/*.[ch]) | grep -cvE '^[[:blank:]]*(/?\*( .*|/)?|/\*.*)?$$')
lines    := -DENGINE_LINES_SYNC=$(call lines_of,sync) -DENGINE_LINES_URING=$(call lines_of,uring)
flags    := $(language) $(profile_$(PROFILE)) $(harden) $(packages_cflags) $(lines) $(CPPFLAGS) $(CFLAGS)
ldflags  := -pthread $(profile_$(PROFILE)) $(harden_ld) -Wl,--as-needed $(LDFLAGS)

core_src    := $(call files,core/*.c core/*/*.c)
core_obj    := $(core_src:%.c=$(obj)/%.o)
cli_src     := $(call files,cmd/cli/*.c)
programs    := acp ahash acat $(if $(filter static,$(PROFILE)),,abench)
acp_src     := $(call files,cmd/acp/*.c) $(cli_src)
ahash_src   := $(call files,cmd/ahash/*.c) $(cli_src)
acat_src    := $(call files,cmd/acat/*.c) $(cli_src)
abench_src  := $(call files,cmd/abench/*.c cmd/abench/*/*.c) $(cli_src)
# Each of these files is a test program; tests/support is linked into all of them.
test_src    := $(call files,tests/unit/*.c tests/contract/*.c)
test_bin    := $(test_src:tests/%.c=$(tests)/%)
# a filesystem that fails on demand, and the commands linked so that a test can make any of their calls fail
faultfs     := $(tests)/faults/faultfs
injected    := $(addprefix $(tests)/faults/,acp ahash acat)
# Each of these files is a fuzz target and, linked with replay.o, a test.
fuzz_src    := $(filter-out tests/fuzz/replay.c,$(call files,tests/fuzz/*.c))
fuzz_bin    := $(fuzz_src:tests/%.c=$(tests)/%)
fuzz_obj    := $(addprefix $(obj)/cmd/,acp/plan.o ahash/algorithms.o) $(cli_src:%.c=$(obj)/%.o) $(obj)/libcore.a
inject_obj  := $(addprefix $(obj)/tests/faults/,inject.o inject_ring.o)
# Every call that these files wrap is injected: they are the only list of the calls.
inject_wrap = $$(nm $(inject_obj) | sed -n 's/.* T __wrap_/-Wl,--wrap=/p')
support_obj := $(patsubst %.c,$(obj)/%.o,$(call files,tests/support/*.c)) $(cli_src:%.c=$(obj)/%.o)

ifeq ($(V),0)
quiet = @echo "  $(1)	$(2)";
endif

.PHONY: all tests faultfs-left-out libmount-left-out ipsec-mb-left-out check check-valgrind check-long check-gnu \
        check-kernels check-cluster coverage \
        fuzz fuzz-targets lint format compare install uninstall dist deb clean print-flags help
.SECONDARY:
## help: list the targets
.DEFAULT_GOAL := all
help:
	@sed -n 's/^## \([a-z-]*\): /\1\t/p' Makefile | expand -t 16

## all: build the programs into build/bin, or build/PROFILE/bin (see the file's head)
all: $(programs:%=$(bin)/%) $(if $(libmount)$(filter static,$(PROFILE)),,libmount-left-out) $(if $(ipsec_mb)$(filter static,$(PROFILE)),,ipsec-mb-left-out)
## tests: build the programs and all test programs
tests: all $(test_bin) $(fuzz_bin) $(injected) $(if $(call has,fuse3),$(faultfs),faultfs-left-out)

$(obj)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call quiet,CC,$@)$(CC) $(flags) -MMD -MP -c -o $@ $<

$(obj)/libcore.a: $(core_obj)
	$(call quiet,AR,$@)rm -f $@; $(AR) rcs $@ $^

$(obj)/cmd/abench/lesson/source.o: $(wildcard cmd/abench/lesson/source/*.c)
$(obj)/cmd/abench/lesson/report.o: $(wildcard core/sync/*.[ch] core/uring/*.[ch])

define program_rule
$(bin)/$(1): $(patsubst %.c,$(obj)/%.o,$($(1)_src)) $(obj)/libcore.a
	@mkdir -p $$(@D)
	$$(call quiet,LD,$$@)$(CC) $(ldflags) -o $$@ $$^ $(libs_core) $(libs_$(1)) $(LDLIBS)
endef
$(foreach p,$(programs),$(eval $(call program_rule,$(p))))

$(tests)/unit/abench_stat: $(obj)/cmd/abench/stat.o
$(tests)/unit/abench_words: $(obj)/cmd/abench/report/words.o
$(tests)/unit/abench_answer: $(addprefix $(obj)/cmd/abench/,context.o stat.o measure/arm.o measure/commands.o measure/parameters.o \
    report/answer.o report/answer_lines.o report/knee.o report/longer.o report/summary.o report/verdict.o report/words.o)
$(tests)/unit/abench_sample: $(addprefix $(obj)/cmd/abench/,context.o measure/arm.o measure/commands.o \
    measure/parameters.o measure/sample.o)
$(tests)/unit/abench_subtrees: $(addprefix $(obj)/cmd/abench/,context.o measure/subtrees.o)
$(tests)/unit/abench_sample $(tests)/unit/abench_subtrees: libs_more := -lm
$(tests)/unit/abench_stat $(tests)/unit/abench_answer $(tests)/unit/abench_words $(tests)/unit/json: libs_more := $(libs_abench)
$(tests)/%: $(obj)/tests/%.o $(support_obj) $(obj)/libcore.a
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(CC) $(ldflags) -o $@ $^ $(libs_core) $(libs_more) $(call package,cmocka,--libs) $(LDLIBS)

$(faultfs): $(addprefix $(obj)/tests/faults/,faultfs.o fold.o nfs4.o rules.o)
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(CC) $(ldflags) -o $@ $^ $$($(PKG_CONFIG) --libs fuse3) $(LDLIBS)

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

ipsec-mb-left-out:
	@echo "left out: digests of many files at once: no libipsec-mb 1.3 for x86-64 (Debian: libipsec-mb-dev)"

libmount-left-out:
	@echo "left out: the filesystem and its device in the reports of abench: no libmount (Debian: libmount-dev)"

# Runs make again after scripts/setup has installed the packages, with one job a processor unless -j is given.
again = $(MAKE) --no-print-directory $(if $(filter -j% --jobs%,$(MAKEFLAGS)),,-j$(shell nproc))

## check: install missing packages, build, and run every test on both engines; BIN=DIR: test the programs in DIR
check:
ifeq ($(origin BIN),command line)
	@CHECK_BIN='$(abspath $(BIN))' scripts/check $(out)
else
	@scripts/setup check
	@+$(again) tests
	@scripts/check $(out)
endif

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

## check-cluster: run the commands of acp-many(7) with Slurm, Open MPI, MPICH and GNU parallel, on every engine
check-cluster:
	@scripts/setup cluster
	@+$(again) all
	@scripts/check $(out) tests/cluster

## check-gnu: run coreutils' own tests of cp, cat and sha256sum, fetched at the first run, on every engine
check-gnu:
	@scripts/setup gnu
	@+$(again) all
	@tests/gnu/check $(bin)

## check-kernels: run the contract and cli tests on Debian's kernels 5.10, 6.1 and the newest, in qemu (hours)
check-kernels:
	@scripts/setup kernels
	@+$(again) tests
	@tests/kernels/check $(out)

## compare: install missing packages, build, and compare both engines on real files (DIR=...)
compare:
	@scripts/setup compare
	@+$(again) all
	@scripts/compare $(bin) $(DIR)

## coverage: print the lines of core and cmd that the tests (NAME=PART: those whose path has PART) cover
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

# Every file of an installation, as MODE:SOURCE:DESTINATION. The slow filesystem is for `abench lesson`.
completions = $(foreach p,$(programs),$(out)/completions/$(p).bash $(out)/completions/$(p).zsh $(out)/completions/$(p).fish)
slow_files  = $(if $(filter abench,$(programs)),$(if $(call has,fuse3),$(faultfs)))
installed   = $(foreach p,$(programs),755:$(bin)/$(p):$(bindir)/$(p) \
                  644:$(out)/completions/$(p).bash:$(bashcompdir)/$(p) \
                  644:$(out)/completions/$(p).zsh:$(zshcompdir)/_$(p) \
                  644:$(out)/completions/$(p).fish:$(fishcompdir)/$(p).fish) \
              $(foreach page,$(filter $(programs:%=cmd/%/%) cmd/cli/%,$(call files,cmd/*/*.[1-8])),\
                  644:$(page):$(mandir)/man$(patsubst .%,%,$(suffix $(page)))/$(notdir $(page))) \
              $(foreach program,$(slow_files),755:$(program):$(libexecdir)/aioutils/$(notdir $(program)))

$(out)/completions/%.bash $(out)/completions/%.zsh $(out)/completions/%.fish: cmd/%/options.c cmd/cli/options.h scripts/completions
	@mkdir -p $(@D)
	$(call quiet,GEN,$(@D)/$*)for shell in bash zsh fish; do \
	    scripts/completions $$shell $* >$(@D)/$*.$$shell || { rm -f $(@D)/$*.*; exit 1; }; done

## install: install programs, man pages and completions of shells below DESTDIR and PREFIX (/usr/local)
install: all $(completions) $(slow_files)
	@IFS=:; for file in $(installed); do \
	    set -- $$file; echo "install -m $$1 $$2 $(DESTDIR)$$3"; install -D -m $$1 "$$2" "$(DESTDIR)$$3" || exit 1; done

## uninstall: remove what `make install` has installed with the same variables
uninstall:
	@for file in $(installed) $(libexecdir)/aioutils/faultfs; do rm -fv "$(DESTDIR)$${file##*:}"; done
	@rmdir $(DESTDIR)$(libexecdir)/aioutils 2>/dev/null || true

version := $(shell sed -n 's/^\#define AIOUTILS_VERSION "\(.*\)"/\1/p' cmd/cli/messages.h)
## dist: write the sources of the commit to build/aioutils-VERSION.tar.gz
dist:
	@mkdir -p $(OUT)
	git archive --prefix=aioutils-$(version)/ -o $(OUT)/aioutils-$(version).tar HEAD
	gzip -9nf $(OUT)/aioutils-$(version).tar

## deb: build Debian packages in build/deb, from the files as they are here
deb:
	@scripts/setup deb
	@scripts/deb $(OUT)/deb aioutils-$(version)

## clean: remove the build directory
clean:
	rm -rf $(OUT)

# for scripts/lint: the flags for compilers and analysers
print-flags:
	@echo $(flags)

-include $(shell find $(obj) -name '*.d' 2>/dev/null)
endif

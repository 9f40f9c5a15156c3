# Makefile: GNU make; no configure step.
#   make [PROFILE=release|debug|asan|tsan]   programs in build/bin (release) or build/PROFILE/bin
#   make check          installs what is missing, builds, runs every test on both engines
#   make check-valgrind unit and contract tests, and whole commands, under valgrind
#   make check-long     check with every case of tests/faults, as it is, under the sanitizers, and valgrind
#   make check-gnu      coreutils' own tests of cp, cat and sha256sum (fetched when first run), on every engine
#   make fuzz           fuzzes each target of tests/fuzz for FUZZ_SECONDS (60); what it finds stays in build/fuzz
#   make compare        installs what is missing, builds, compares both engines on real files (DIR=...)
#   make lint | format | install [DESTDIR= PREFIX=] | clean;  V=1 shows the commands
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
# make fuzz's own
profile_fuzz    := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
profile_tsan    := -O1 -g3 -fsanitize=thread
ifeq ($(profile_$(PROFILE)),)
$(error PROFILE=$(PROFILE): there are release, debug, asan and tsan)
endif

# Hardening of what is installed. What the user's flags say otherwise comes after it, or leaves it out.
user_flags := $(CPPFLAGS) $(CFLAGS) $(LDFLAGS)
# $(call compiler,flag): the flag, if the compiler takes it for this processor
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
# it needs optimization
ifeq ($(findstring _FORTIFY_SOURCE,$(user_flags))$(filter -O0,$(user_flags)),)
harden += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$(fortify_level)
endif
endif

# $(call package,pkg-config name,flags): names the Debian package to install where it is missing
package = $(if $(shell pkg-config --exists $(1) 2>/dev/null && echo yes),$(shell pkg-config $(2) $(1)),\
          $(error $(1) is missing: run scripts/setup, or install $(debian_$(1))))
debian_liburing  := liburing-dev and pkg-config
debian_libcrypto := libssl-dev and pkg-config
debian_libsodium := libsodium-dev and pkg-config
debian_cmocka    := libcmocka-dev and pkg-config
debian_jansson   := libjansson-dev and pkg-config
debian_libattr   := libattr1-dev and pkg-config
debian_gsl       := libgsl-dev and pkg-config

# These goals compile nothing themselves: they may run before scripts/setup has brought the packages,
# and build by calling make again.
no_packages := check check-valgrind check-long fuzz check-gnu compare lint format clean
ifneq ($(filter-out $(no_packages),$(or $(MAKECMDGOALS),all)),)
packages_cflags := $(call package,liburing,--cflags) $(call package,libcrypto,--cflags) \
                   $(call package,libsodium,--cflags) $(call package,jansson,--cflags) \
                   $(call package,libattr,--cflags) \
                   $(call package,gsl,--cflags)
libs_core   := $(call package,liburing,--libs) $(call package,libcrypto,--libs) \
               $(call package,libsodium,--libs) \
               $(call package,libattr,--libs)
libs_cli    := $(call package,jansson,--libs)
libs_abench := $(call package,gsl,--libs)
endif

warnings := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
            -Wwrite-strings -Wvla -Wundef -Wformat=2
# what abench lesson says of each engine: its lines without comments and blank ones
lines_of  = $(shell cat $(wildcard core/$(1)/*.[ch]) | grep -cvE '^[[:blank:]]*(/?\*( .*|/)?|/\*.*)?$$')
lines    := -DENGINE_LINES_SYNC=$(call lines_of,sync) -DENGINE_LINES_URING=$(call lines_of,uring)
flags    := -std=gnu11 $(profile_$(PROFILE)) $(harden) $(warnings) -pthread $(packages_cflags) $(lines) $(CPPFLAGS) $(CFLAGS)
ldflags  := -pthread $(profile_$(PROFILE)) $(harden_ld) $(LDFLAGS)

core_src    := $(wildcard core/*.c core/*/*.c)
core_obj    := $(core_src:%.c=$(obj)/%.o)
cli_src     := $(wildcard cmd/cli/*.c)
programs    := acp ahash acat abench
acp_src     := $(wildcard cmd/acp/*.c) $(cli_src)
ahash_src   := $(wildcard cmd/ahash/*.c) $(cli_src)
acat_src    := $(wildcard cmd/acat/*.c) $(cli_src)
abench_src  := $(wildcard cmd/abench/*.c) $(cli_src)
# each of these is a test program; tests/support is linked into all of them
test_src    := $(wildcard tests/unit/*.c tests/contract/*.c)
test_bin    := $(test_src:tests/%.c=$(tests)/%)
# the faulty filesystem that tests mount, and the commands linked so that any of their calls can be made to fail
faultfs     := $(tests)/faults/faultfs
injected    := $(addprefix $(tests)/faults/,acp ahash acat)
# each of these is a fuzz target, and with replay.o a test
fuzz_src    := $(filter-out tests/fuzz/replay.c,$(wildcard tests/fuzz/*.c))
fuzz_bin    := $(fuzz_src:tests/%.c=$(tests)/%)
fuzz_obj    := $(addprefix $(obj)/cmd/ahash/,check_line.o algorithms.o) $(cli_src:%.c=$(obj)/%.o) $(obj)/libcore.a
inject_obj  := $(addprefix $(obj)/tests/faults/,inject.o inject_ring.o)
inject_wrap := open openat close read pread preadv2 write pwrite fstat fstatat lseek fcntl ioctl ftruncate \
               fallocate futimens utimensat fchown fchownat fchmod fchmodat fsync fdatasync renameat unlinkat \
               linkat symlinkat readlinkat mkdirat mknodat getdents64 syscall malloc calloc realloc strdup \
               posix_memalign mmap pthread_create stat fopen fdopen fdopendir tmpfile faccessat fstatfs syncfs \
               copy_file_range renameat2 listxattr llistxattr flistxattr fgetxattr lgetxattr fsetxattr \
               lsetxattr fremovexattr flock aligned_alloc reallocarray readdir tsearch asprintf vasprintf fflush fclose \
               __openat_2 __asprintf_chk __vasprintf_chk __io_uring_get_cqe $(addprefix io_uring_,queue_init_params \
               queue_exit register_buffers register_iowq_max_workers submit submit_and_wait \
               submit_and_get_events submit_and_wait_timeout wait_cqe_timeout)
support_obj := $(patsubst %.c,$(obj)/%.o,$(wildcard tests/support/*.c)) $(cli_src:%.c=$(obj)/%.o)

comma := ,
ifeq ($(V),0)
quiet = @echo "  $(1)	$(2)";
endif

.PHONY: all tests faultfs-left-out check check-valgrind check-long check-gnu fuzz fuzz-targets lint format compare install clean print-flags
.SECONDARY:
all: $(programs:%=$(bin)/%)
tests: all $(test_bin) $(fuzz_bin) $(injected) $(if $(shell pkg-config --exists fuse3 && echo yes),$(faultfs),faultfs-left-out)

$(obj)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call quiet,CC,$@)$(CC) $(flags) -MMD -MP -c -o $@ $<

$(obj)/libcore.a: $(core_obj)
	$(call quiet,AR,$@)rm -f $@; ar rcs $@ $^

$(obj)/cmd/abench/lesson_report.o: $(wildcard core/sync/*.[ch] core/uring/*.[ch])

define program_rule
$(bin)/$(1): $(patsubst %.c,$(obj)/%.o,$($(1)_src)) $(obj)/libcore.a
	@mkdir -p $$(@D)
	$$(call quiet,LD,$$@)$(CC) $(ldflags) -o $$@ $$^ $(libs_core) $(libs_cli) $(libs_$(1)) $(LDLIBS)
endef
$(foreach p,$(programs),$(eval $(call program_rule,$(p))))

$(tests)/unit/abench_stat: $(obj)/cmd/abench/stat.o
$(tests)/unit/abench_stat: libs_more := $(libs_abench)
$(tests)/%: $(obj)/tests/%.o $(support_obj) $(obj)/libcore.a
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(CC) $(ldflags) -o $@ $^ $(libs_core) $(libs_cli) $(libs_more) $(call package,cmocka,--libs) $(LDLIBS)

$(faultfs): $(addprefix $(obj)/tests/faults/,faultfs.o fold.o nfs4.o rules.o)
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(CC) $(ldflags) -o $@ $^ $$(pkg-config --libs fuse3) $(LDLIBS)

# an exit of the command is to end the case, and not the fuzzer
$(tests)/fuzz/options $(tests)/fuzz/options.fuzz: private ldflags += -Wl,--wrap=exit

$(fuzz_bin): $(tests)/fuzz/%: $(obj)/tests/fuzz/%.o $(obj)/tests/fuzz/replay.o $(fuzz_obj)
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(CC) $(ldflags) -o $@ $^ $(libs_core) $(libs_cli) $(LDLIBS)

$(fuzz_bin:%=%.fuzz): $(tests)/fuzz/%.fuzz: $(obj)/tests/fuzz/%.o $(fuzz_obj)
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(CC) $(ldflags) -fsanitize=fuzzer -o $@ $^ $(libs_core) $(libs_cli) $(LDLIBS)

fuzz-targets: $(fuzz_bin:%=%.fuzz)

define injected_rule
$(tests)/faults/$(1): $(patsubst %.c,$(obj)/%.o,$($(1)_src)) $(inject_obj) $(obj)/libcore.a
	@mkdir -p $$(@D)
	$$(call quiet,LD,$$@)$(CC) $(ldflags) $(addprefix -Wl$(comma)--wrap=,$(inject_wrap)) -o $$@ $$^ $(libs_core) $(libs_cli) $(LDLIBS)
endef
$(foreach p,$(notdir $(injected)),$(eval $(call injected_rule,$(p))))

faultfs-left-out:
	@echo "left out: $(faultfs) (libfuse3-dev is missing), without which tests/faults fails"

# make again, with the packages there; as many jobs as processors where -j does not say otherwise
again = $(MAKE) --no-print-directory $(if $(filter -j% --jobs%,$(MAKEFLAGS)),,-j$(shell nproc))

check:
	@scripts/setup check
	@+$(again) tests
	@scripts/check $(out)

check-valgrind:
	@scripts/setup valgrind
	@+$(again) tests
	@scripts/valgrind $(out)

check-long:
	@+scripts/check-long

fuzz:
	@scripts/setup fuzz
	@+$(again) PROFILE=fuzz CC=clang fuzz-targets
	@scripts/fuzz build/fuzz/tests/fuzz $(FUZZ_SECONDS)

check-gnu:
	@scripts/setup gnu
	@+$(again) all
	@tests/gnu/check $(bin)

compare:
	@scripts/setup compare
	@+$(again) all
	@scripts/compare $(bin) $(DIR)

lint:
	@scripts/setup lint
	@scripts/lint

format:
	clang-format -i $$(find core cmd tests -name '*.[ch]')

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1
	install $(programs:%=$(bin)/%) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(foreach p,$(programs),cmd/$(p)/$(p).1) $(DESTDIR)$(PREFIX)/share/man/man1

clean:
	rm -rf build

# for scripts/lint: what the compilers and analysers are to be given
print-flags:
	@echo $(flags)

-include $(shell find $(obj) -name '*.d' 2>/dev/null)

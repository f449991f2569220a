# opsbot. `make help` lists the targets; `make unit T=test_queue` runs one test.
# Objects of a flavour are under build/FLAVOUR; V=1 shows the commands.

VERSION := 0.1.0
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:

# Parallel by itself, each target's output in one piece. A -j of your own wins.
# demo and run talk to a person, so theirs is not held back.
MAKEFLAGS += --no-builtin-rules -j$(shell nproc)
ifeq ($(filter demo run,$(MAKECMDGOALS)),)
MAKEFLAGS += -Otarget
endif

# ---- what is installed on the way -------------------------------------------
# Goals that run something install what they need first (tests/deps.sh, a
# third of a second when nothing is missing); building alone installs nothing.

group_demo        := build servers alerting
group_run         := build $(if $(and $(REDIS_URL),$(DATABASE_URL)),,servers)
group_bench       := build servers bolt
group_unit        := build test servers deploy
group_tsan        := build test servers
group_confined    := build test servers
group_lint        := lint
group_tidy        := build test lint
group_cppcheck    := lint
group_check       := build test servers deploy lint
group_bolt        := build bolt
group_integration := build test servers $(if $T,,bolt)
group_browser     := build test servers bolt browser
group_shots       := build test servers bolt browser
group_types       := build test servers bolt
group_test        := build test lint servers deploy bolt browser
group_test-long   := build test servers deploy long image
group_image-check := image
group_valgrind    := build test servers deploy long
group_faults      := build test servers
group_fuzz        := build test long
group_cover       := build test servers deploy cover
group_deps        := build test lint servers bolt browser long cover image deploy
groups := $(sort $(foreach g,$(MAKECMDGOALS),$(group_$g)))
DEPS := $(if $(groups),installed)

# ---- tools and flags --------------------------------------------------------

CC    := gcc
CLANG := clang
Q     := $(if $(V),,@)
say    = $(if $(V),,@echo '  $1')

# Asked for at the first compilation, once: before that, on a fresh machine,
# pkg-config itself may not be there yet.
once = $(eval $1 := $(shell $2))$($1)
PACKAGES := libwebsockets libcurl jansson openssl hiredis libpq libcyaml \
    libseccomp cairo
pkg_cflags = $(call once,pkg_cflags,pkg-config --cflags $(PACKAGES) | \
    sed 's/-I/-isystem /g'; \
    pkg-config --exists hiredis_ssl && echo -DHAVE_HIREDIS_SSL)
pkg_libs = $(call once,pkg_libs,pkg-config --libs $(PACKAGES); \
    pkg-config --exists hiredis_ssl && pkg-config --libs hiredis_ssl)

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wpedantic -Wstrict-prototypes \
    -Wmissing-prototypes -Wwrite-strings -Wvla -Werror
CFLAGS_ALL := -std=c17 -D_GNU_SOURCE -I. $(WARNINGS) -g -fPIE -pthread \
    -fstack-protector-strong -MMD -MP
LDFLAGS_ALL := -pie -pthread -Wl,-z,relro,-z,now,--as-needed
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all \
    -fno-omit-frame-pointer

flavours := release asan tsan cover clang fuzz
cc_release := $(CC) -O2 -D_FORTIFY_SOURCE=2
cc_asan    := $(CC) -O1 $(SANITIZE)
cc_tsan    := $(CC) -O1 -fsanitize=thread -fno-omit-frame-pointer
cc_cover   := $(CC) -O0 --coverage
cc_clang   := $(CLANG) -O0
cc_fuzz    := $(CLANG) -O1 $(SANITIZE) -fsanitize=fuzzer-no-link

# How sanitised programs behave; a leak fails like any other error.
export ASAN_OPTIONS  := detect_stack_use_after_return=1
export UBSAN_OPTIONS := print_stacktrace=1
export TSAN_OPTIONS  := second_deadlock_stack=1

# ---- sources ----------------------------------------------------------------
# A library for each layer: a test of one layer is linked with that layer and
# those below it, so an arrow that points upward does not link.

base_c     := $(wildcard core/base/*.c)
core_c     := $(filter-out $(base_c),$(wildcard core/*.c core/*/*.c))
blocks_c   := $(wildcard blocks/*.c)
commands_c := $(wildcard commands/*.c)
opsctl_c   := $(filter-out %/main.c,$(wildcard bot/opsctl/*.c))
bot_c      := $(filter-out bot/main.c bot/opsctl/%,$(wildcard bot/*.c bot/*/*.c))
sandbox_c  := $(filter-out %/main.c tests/sandbox/unit/%,$(wildcard tests/sandbox/*.c \
    tests/sandbox/*/*.c))
harness_c  := $(wildcard tests/harness/*.c)
demo_c     := $(wildcard tests/demo/*.c)
# Of what tests share, only what needs no Criterion: who tries the demo does not
# have it.
demo_peers := tests/core/check/peer.c tests/core/check/certificates.c \
    tests/core/check/prometheus.c tests/core/check/alertmanager.c
agents_c   := $(wildcard tests/agents/*.c)
libraries  := base core blocks commands bot opsctl sandbox harness \
    $(foreach l,base core blocks commands bot deploy sandbox,helpers_$l) shared

tested := $(foreach d,core blocks commands bot deploy,tests/$d tests/$d/*)
unit_c        := $(wildcard $(addsuffix /test_*.c,$(tested)) \
    tests/sandbox/unit/test_*.c)
# What the unit tests of a layer share: any other file beside them.
beside = $(filter-out $(unit_c),$(wildcard tests/$1/*.c tests/$1/*/*.c))
helpers_base_c     := $(call beside,core/base)
helpers_core_c     := $(filter-out $(helpers_base_c),$(call beside,core))
helpers_blocks_c   := $(call beside,blocks)
helpers_commands_c := $(call beside,commands)
helpers_bot_c      := $(call beside,bot)
helpers_deploy_c   := $(call beside,deploy)
helpers_sandbox_c  := $(filter-out $(unit_c),$(wildcard tests/sandbox/unit/*.c))
helpers_c     := $(foreach l,base core blocks commands bot deploy sandbox,$(helpers_$l_c))
integration_c := $(wildcard tests/integration/test_*.c)
# What integration tests share: any other file beside them.
shared_c      := $(filter-out $(integration_c),$(wildcard tests/integration/*.c))
tsan_c        := $(wildcard tests/tsan/*.c)
fuzz_c        := $(wildcard tests/fuzz/fuzz_*.c)
bench_c       := $(wildcard tests/bench/*.c)
faults_c      := $(wildcard tests/faults/test_*.c)
stage_c       := $(wildcard tests/browser/*.c)

product_c := $(base_c) $(core_c) $(blocks_c) $(commands_c) $(bot_c) \
    $(wildcard bot/main.c) $(opsctl_c) $(wildcard bot/opsctl/main.c)
tests_c   := $(sandbox_c) $(wildcard tests/sandbox/main.c) $(harness_c) \
    $(demo_c) $(agents_c) $(unit_c) $(helpers_c) $(integration_c) $(shared_c) $(tsan_c) $(bench_c) \
    $(faults_c) $(stage_c)
all_files := $(product_c) $(tests_c) $(fuzz_c) $(wildcard *.h */*.h */*/*.h)
all_files := $(all_files) $(wildcard */*/*/*.h)

# ---- how one flavour is built -----------------------------------------------

archive = build/$1/lib$2.a
upto_base     := base
upto_core     := core base
upto_blocks   := blocks core base
upto_commands := commands blocks core base
upto_bot      := bot commands blocks core base
archives = $(foreach l,$2,$(call archive,$1,$l))

# $1 flavour, $2 library; one that is empty has no object to wait for ar.
define library_rule
$(call archive,$1,$2): $($2_c:%.c=build/$1/%.o) | $$(DEPS)
	$$(call say,AR   $$@)
	$(Q)mkdir -p $$(@D) && rm -f $$@ && ar rcs $$@ $$^
endef

# $1 flavour, $2 program, $3 its objects, $4 libraries, $5 more linker flags
define program_rule
$2: $3 $(call archives,$1,$4)
	$$(call say,LD   $$@)
	$(Q)$(cc_$1) $$(LDFLAGS_ALL) -o $$@ $$^ $5 $$(pkg_libs) -lm
endef

# $1 flavour, $2 source, $3 libraries, $4 more linker flags
program_of = $(call program_rule,$1,$(2:%.c=build/$1/%),$(2:%.c=build/$1/%.o),$3,$4)

# The layer a unit test is about, from its path: tests/core/base/… is base.
layer = $(if $(filter tests/core/base/%,$1),base,$(word 2,$(subst /, ,$1)))
helpers_base     := helpers_base
helpers_core     := helpers_core $(helpers_base)
helpers_blocks   := helpers_blocks $(helpers_core)
helpers_commands := helpers_commands $(helpers_blocks)
helpers_bot      := helpers_bot $(helpers_commands)
helpers_deploy   := helpers_deploy $(helpers_core)
helpers_sandbox  := helpers_sandbox
upto_sandbox     := sandbox base
upto_deploy      := $(upto_bot)
# Cards are also judged by the sandbox's Block Kit validation.
under = $(helpers_$(layer)) harness $(if $(filter blocks,$(layer)),sandbox) \
    $(if $(filter tests/bot/opsctl/%,$1),opsctl) $(upto_$(layer))
# A test may include the .c it tests; its definitions are then there twice.
unit_flags := -lcriterion -lyaml -Wl,--allow-multiple-definition

define flavour_rules
build/$1/%.o: %.c | $$(DEPS)
	@mkdir -p $$(@D)
	$$(call say,CC   $$@)
	$(Q)$(cc_$1) $$(CFLAGS_ALL) $$(pkg_cflags) $$(CPPFLAGS_$$*) -c -o $$@ $$<
build/$1/core/store/migrate.o: $(wildcard core/store/migrations/*.sql)
build/$1/tests/sandbox/wire/page.o: $(wildcard tests/sandbox/page/*)
build/$1/bot/version.o: build/version
$(foreach l,$(libraries),$(eval $(call library_rule,$1,$l)))
$(eval $(call program_rule,$1,build/$1/opsbot,build/$1/bot/main.o,$(upto_bot)))
$(eval $(call program_rule,$1,build/$1/opsctl,build/$1/bot/opsctl/main.o build/$1/bot/version.o,opsctl blocks core base))
$(eval $(call program_rule,$1,build/$1/sandbox,build/$1/tests/sandbox/main.o,sandbox base))
$(eval $(call program_rule,$1,build/$1/agents,$(agents_c:%.c=build/$1/%.o),sandbox base))
$(eval $(call program_rule,$1,build/$1/demo,$(patsubst %.c,build/$1/%.o,$(demo_c) $(demo_peers)),harness base))
$(foreach c,$(unit_c),$(eval $(call program_of,$1,$c,$(call under,$c),$(unit_flags))))
$(foreach c,$(integration_c) $(faults_c),$(eval $(call program_of,$1,$c,shared $(helpers_core) harness base,-lcriterion)))
$(eval $(call program_rule,$1,build/$1/stage,$(stage_c:%.c=build/$1/%.o),harness base))
$(eval $(call program_rule,$1,build/$1/bench,$(bench_c:%.c=build/$1/%.o),harness core base))
$(foreach c,$(tsan_c),$(eval $(call program_of,$1,$c,$(upto_bot))))
$(foreach c,$(fuzz_c),$(eval $(call program_of,$1,$c,$(upto_bot),-fsanitize=fuzzer)))
endef
$(foreach f,$(flavours),$(eval $(call flavour_rules,$f)))

CPPFLAGS_bot/version = -DOPSBOT_VERSION='"$(shell cat build/version)"'

-include $(shell find build -path build/tools -prune -o -name '*.d' -print 2>/dev/null)

# ---- programs ---------------------------------------------------------------

.PHONY: all asan clean help
all: build/opsbot build/opsctl build/sandbox build/agents ## build opsbot, opsctl and the sandbox (installs nothing)

build/opsbot build/opsctl build/sandbox build/agents build/demo: build/%: build/release/%
	$(Q)ln -f $< $@

asan: build/asan/opsbot build/asan/opsctl build/asan/sandbox build/asan/agents ## the same with address and undefined sanitizers

# What `opsbot --version` says; touched only when it changes.
build/version: FORCE
	@mkdir -p build
	@commit=$${OPSBOT_COMMIT:-$$(git describe --always --match '' 2>/dev/null)}; \
	echo "$(VERSION)$${commit:++$$commit}" >$@.new; \
	if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
FORCE:

# ---- dependencies -----------------------------------------------------------

.PHONY: deps installed
deps: installed ## install everything that any target needs
installed:
	+@tests/deps.sh $(groups)

# ---- running it -------------------------------------------------------------

.PHONY: demo run
demo: all build/demo ## the whole thing on this machine: a tour, then you type (TOUR=1: the tour only)
	@build/demo

run: build/opsbot build/opsctl | $(DEPS) ## opsbot in your own workspace: tokens from .env, stores under var/ unless given
	@deploy/run-here.sh $<

# ---- tests ------------------------------------------------------------------
# T=name (without .c) picks one: make unit T=test_queue

picked = $(if $T,$(filter %/$T.c,$1),$1)
.PHONY: test check unit integration integration-all tsan confined bolt types browser shots test-long image-check bench valgrind fuzz faults cover
test: check integration tsan confined types browser ## what CI runs: check, integration, tsan, confined, types, browser

check: format-check lint clang tidy cppcheck unit ## format, lint, warnings, static analysis, unit tests

unit_runs := $(addprefix run/,$(call picked,$(unit_c)))
unit: $(unit_runs) ## unit tests under ASan and UBSan
$(unit_runs): run/%.c: build/asan/%
	@tests/run.sh $< --timeout 300

# Tests of the real programs watch the clock: nothing is compiled beside them,
# those under TSan come first, and then the others, which mostly wait, many at
# once (AT_ONCE=n), the longest first.
AT_ONCE := $(shell echo $$((3 * $$(nproc))))
# $1 what runs one, $2 how many at once, $3 which
together = printf '%s\n' $3 | xargs -P $2 -I '{}' sh -c '$1'
# For a line with +, which shows what it says at once: not under make -n.
really = $(if $(findstring n,$(firstword $(MAKEFLAGS))),:,$1)

# Which those are say the closing lines of a CI: a long one that begins last is
# waited for alone.
integration_first := watch alert_out job_refusals alert_matrix_recorded \
    watch_checks http/degraded degraded alert_acts outbox_refusals health secrets \
    halt_degraded open alert_matrix_effect patience http/halt doors \
    bulk_kill halt alert_matrix_unrecorded refresh link alert_storm \
    alert_matrix_outcome outbox_cards alerts_in jobs_stores exhausted \
    mentions http/mentions demo http/recovery home jobs_crash recovery ack
integration_runs := $(addprefix run/,$(call picked,$(integration_c)))
integration_programs := $(integration_c:%.c=build/asan/%)
# Over request URLs instead of the WebSocket, too: http/test_NAME.
over_http := answers redelivery recovery stores stop jobs_clicks modal \
    mentions home halt incident commands rights whole degraded \
    halt_together
integration_all := $(integration_first) $(filter-out $(integration_first),\
    $(integration_c:tests/integration/test_%.c=%) $(over_http:%=http/%))
# Of "watch" and "http/halt" the program; http/ stays in front.
program_named = $(patsubst http/%,http/build/asan/tests/integration/test_%,\
    $(patsubst %,build/asan/tests/integration/test_%,$(filter-out http/%,$1)) \
    $(filter http/%,$1))
integration_needs := build/asan/opsbot build/asan/opsctl build/asan/sandbox build/asan/agents \
    build/asan/demo build/release/opsbot
# $1 what runs it: a program, or http/ and a program
integration_run = run=$1; case $$run in http/*) export HARNESS_ROAD=http ;; esac; \
    LIMIT=1800 tests/run.sh $${run\#http/} --timeout 600 -j1
http_runs := $(addprefix http/run/,$(if $(filter http/%,$T),$(filter %/$(T:http/%=%).c,$(integration_c))))
integration: $(if $T,$(integration_runs) $(http_runs),integration-all bolt) ## tests of the real programs, with Redis and Postgres
integration-all: $(integration_programs) $(integration_needs) \
    | $(if $(filter test,$(MAKECMDGOALS)),check tsan confined)
	+@$(call really,$(call together,$(call integration_run,{}),$(AT_ONCE),$(foreach t,$(integration_all),$(call program_named,$t))))
$(http_runs): http/run/%.c: build/asan/% $(integration_needs)
	@$(call integration_run,http/$<)
$(integration_runs): run/%.c: build/asan/% $(integration_needs)
	@$(call integration_run,$<)

tsan_runs := $(addprefix run/,$(call picked,$(tsan_c)))
# The whole bot as well: the roads on which its threads meet most.
tsan_whole := $(addprefix tsan/test_,answers stop commands refresh http_roads \
    jobs halt outbox_cards leader health alerts_in alerts_away alert_out \
    watch watch_checks picture)
# Of the longer ones, those where several threads have a hand in it.
tsan_jobs         := jobs/@(all_are_moved|two_presses|cancelled_by_the)*
tsan_halt         := halt/@(eight|while_halted|unhalt_is|another_replica)*
tsan_outbox_cards := outbox_@(cards|replicas)/@(posted_once|lines|rows_are)*
tsan_health       := health/@(all_is|what_is_there|a_shared|of_two)*
tsan_leader       := leader/@(one_of_two|redis_decides|two_share)*
tsan_alerts_in    := alerts_in/@(fields|kill_9|two_replicas)*
tsan_alerts_away  := alerts_away/@(both_stopped|the_stream|killed)*
tsan_alert_out    := alert_out/@(a_step|while_slack|two_replicas)*
tsan_watch        := watch/@(old_dead)*
tsan_watch_checks := watch_checks/@(a_check|two_replicas)*
tsan: $(tsan_runs) $(if $T,,$(tsan_whole)) ## thread tests and the whole bot under TSan
$(tsan_runs): run/%.c: build/tsan/%
	@tests/run.sh --plain $<
$(tsan_whole): tsan/%: build/release/tests/integration/% build/tsan/opsbot build/release/sandbox \
    build/release/agents $(if $(filter test,$(MAKECMDGOALS)),\
        | check $(integration_programs) $(integration_needs))
	@OPSBOT_BIN=build/tsan/opsbot SANDBOX_BIN=build/release/sandbox \
	    AGENTS_BIN=build/release/agents OPSBOT_PATIENCE=4 LIMIT=1800 \
	    tests/run.sh $< -j1 --timeout 800 \
	    $(if $(tsan_$(*:test_%=%)),--filter '$(tsan_$(*:test_%=%))')

# Without sanitizers the bot confines itself (bot/confine.h): what it does
# later must still work then.
confined_runs := $(addprefix confined/test_,commands notify health_kinds halt \
    jobs program stores stop whole admin_doors reload alerts_away alert_mail \
    alert_out picture)
confined_halt := halt/@(eight|while_halted|unhalt_is)*
confined: $(confined_runs) ## the whole bot as it runs for real: confined, no sanitizers
$(confined_runs): confined/%: build/release/tests/integration/% build/release/opsbot \
    build/release/sandbox build/release/agents $(if $(filter test,$(MAKECMDGOALS)),\
        | check $(tsan_whole))
	@LIMIT=1800 tests/run.sh $< --timeout 600 -j1 \
	    $(if $(confined_$(*:test_%=%)),--filter '$(confined_$(*:test_%=%))')

bolt: build/asan/sandbox build/tools/bolt/installed ## the unmodified @slack/bolt against the sandbox
	@tests/run.sh --plain build/tools/bolt/node_modules/.bin/node \
	    build/tools/bolt/bolt.mjs $<

build/tools/bolt/installed: tests/npm.sh $(wildcard tests/bolt/* tests/bench/*.mjs) | $(DEPS)
	@tests/npm.sh bolt $(wildcard tests/bench/*.mjs)

build/tools/browser/installed: tests/npm.sh $(wildcard tests/browser/*) | $(DEPS)
	@tests/npm.sh browser

# The cards of the unit tests, as messages, for all who look at cards.
cards_c := $(filter-out %_random.c,$(filter tests/blocks/%,$(unit_c)))
build/cards/made: $(cards_c:%.c=build/asan/%)
	@rm -rf $(@D) && mkdir -p $(@D)
	@export SHOWN_DIR=$(@D); for test in $^; do \
	    out=$$(tests/run.sh $$test --timeout 300) || { echo "$$out"; exit 1; }; done
	@touch $@

node_browser := build/tools/browser/node_modules/.bin/node
stage_needs := build/asan/stage build/asan/opsbot build/asan/sandbox \
    build/asan/agents build/tools/browser/installed
types browser: | $(if $(filter test,$(MAKECMDGOALS)),check)
types: $(stage_needs) build/cards/made ## what the bot sends, judged by the types of @slack/types
	@tests/run.sh --plain $(node_browser) build/tools/browser/types.mjs \
	    build/types build/cards build/asan/stage

browser: $(stage_needs) build/cards/made ## the sandbox's page in Chromium: T="words of a test's name"
	@LIMIT=1800 tests/run.sh --plain $(node_browser) build/tools/browser/browser.mjs \
	    build/asan/stage $(if $T,'$T')

shots: $(stage_needs) build/cards/made ## a picture of all that the bot can show: build/shots/index.html
	@$(node_browser) build/tools/browser/shots.mjs build/asan/stage build/cards build/shots

# Without a container engine, in a minute or two.
image-check: | $(DEPS) ## build deploy/Dockerfile, and run what came out
	@LIMIT=1800 tests/run.sh --plain tests/deploy/image.sh

test-long: valgrind fuzz faults image-check ## the slow ones: valgrind, fuzzing, faults, the image

# A subset: valgrind costs most of a second for each test. What is confined has
# no room for it.
valgrind_c := $(call picked,$(filter-out tests/sandbox/% %/test_confine.c,$(unit_c)))
valgrind_runs := $(addprefix valgrind/,$(valgrind_c))
valgrind_command := valgrind -q --trace-children=yes \
    --trace-children-skip='/usr/*,/bin/*' --error-exitcode=9 \
    --leak-check=full --show-leak-kinds=definite \
    --errors-for-leak-kinds=definite
valgrind: $(valgrind_runs) $(if $T,,valgrind/whole) ## unit tests and a whole run of the bot under valgrind
$(valgrind_runs): valgrind/%.c: build/release/%
	@LIMIT=900 tests/run.sh $(valgrind_command) $< -j1
valgrind/whole: build/release/tests/integration/test_whole build/release/opsbot build/release/sandbox \
    build/release/agents
	@OPSBOT_WRAPPER="$(valgrind_command)" OPSBOT_PATIENCE=4 LIMIT=900 \
	    tests/run.sh $< -j1

FUZZ_SECONDS := 30
fuzz_runs := $(addprefix run/,$(call picked,$(fuzz_c)))
fuzz: $(fuzz_runs) ## fuzz each parser of outside text (FUZZ_SECONDS=30)
$(fuzz_runs): run/%.c: build/fuzz/%
	@mkdir -p build/corpus/$*
	@LIMIT=$$(($(FUZZ_SECONDS) + 120)) tests/run.sh --plain $< -max_total_time=$(FUZZ_SECONDS) -timeout=10 \
	    -artifact_prefix=build/corpus/$(@F)- -verbosity=0 build/corpus/$* $(wildcard $*.corpus)

faults_runs := $(addprefix run/,$(call picked,$(faults_c)))
faults: $(faults_runs) ## Redis, Postgres and Slack failing in turn
$(faults_runs): run/%.c: build/asan/% build/asan/opsbot build/asan/sandbox \
    build/release/opsbot build/release/sandbox build/release/agents
	@LIMIT=1800 tests/run.sh $< -j1

bench: build/release/opsbot build/release/sandbox build/release/agents
bench: build/tools/bolt/installed
bench: build/release/bench ## throughput, latency, memory; beside the official client
	@OPSBOT_BIN=build/release/opsbot SANDBOX_BIN=build/release/sandbox $< $T

cover_runs := $(addprefix cover/,$(unit_c))
cover: $(cover_runs) ## line coverage of the unit tests
	@gcovr --root . --exclude tests build/cover
$(cover_runs): cover/%.c: build/cover/%
	@tests/run.sh $<

# A name that fits nothing must not pass as "nothing to be done".
ifneq ($T,)
$(foreach g,$(filter unit integration tsan valgrind fuzz faults bench,$(MAKECMDGOALS)),\
    $(if $(filter %/$(T:http/%=%).c,$($g_c)),,$(error no $g test is called $T)))
endif

# ---- looking at the source --------------------------------------------------

.PHONY: format format-check lint clang tidy cppcheck
format: ## clang-format everything
	@clang-format -i $(all_files)

format-check: | $(DEPS)
	$(call say,FORMAT)
	@clang-format --dry-run -Werror $(all_files)

lint: | $(DEPS) ## our own rules: arrows, fences, sizes, comments
	$(call say,LINT)
	@tests/lint.sh

clang: $(patsubst %.c,build/clang/%.o,$(product_c) $(tests_c)) ## the warnings of clang as well

# Again only for what changed: the object is newer when a header is.
tidy: $(patsubst %.c,build/tidy/%.ok,$(product_c)) ## clang-tidy
build/tidy/%.ok: %.c build/clang/%.o .clang-tidy
	@mkdir -p $(@D)
	$(call say,TIDY $<)
	@clang-tidy --quiet $< -- -std=c17 -D_GNU_SOURCE -I. $(pkg_cflags) \
	    >$@.log 2>&1 || { cat $@.log; exit 1; }
	@touch $@

cppcheck: | $(DEPS) ## cppcheck
	$(call say,CPPCHECK)
	@mkdir -p build/cppcheck
	@cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr -j2 -I. -D_GNU_SOURCE \
	    --enable=warning,performance,portability --cppcheck-build-dir=build/cppcheck \
	    --suppress=missingIncludeSystem --suppress=varFuncNullUB $(product_c)

# ---- the rest ---------------------------------------------------------------

clean: ## remove build/
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z-]*\):.* ## /\1\t/p' Makefile | \
	    awk -F'\t' '{printf "  make %-13s %s\n", $$1, $$2}'

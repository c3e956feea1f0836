# Installing and packing, included by the Makefile. One executable serves both, and the image of the Dockerfile: it is
# linked statically, with Swift's libraries, OpenSSL, SQLite, zlib and the C library, and runs on any Linux of its
# processor's kind. STATIC= (empty) links dynamically instead. BINARY= names one that is built already.

PREFIX ?= /usr/local
DESTDIR ?=
SYSCONFDIR ?= $(if $(filter /usr /usr/local,$(PREFIX)),/etc,$(PREFIX)/etc)
STATIC ?= -Xswiftc -static-executable -Xswiftc -use-ld=lld

# Each of the two kinds of build has a directory of its own, or one would be taken for the other.
STATIC_SCRATCH = .build/$(if $(strip $(STATIC)),static,dynamic)
STATIC_BUILD = $(SWIFT) build -c release --product switchboard --scratch-path $(STATIC_SCRATCH) $(STATIC)
BINARY ?=
INSTALLED_BINARY = $(or $(BINARY),$(STATIC_SCRATCH)/release/switchboard)
# Is as old as the sources of the last build that succeeded: what is younger than it has not been built.
BUILT = $(STATIC_SCRATCH)/built
SOURCES = Package.swift Sources web

VERSION = $(shell sed -n 's/.*current = "\(.*\)"/\1/p' Sources/Switchboard/Version.swift)
PACKAGE = switchboard-$(VERSION)-linux-$(shell uname -m)
DIST = .build/dist

bindir = $(DESTDIR)$(PREFIX)/bin
unitdir = $(DESTDIR)$(PREFIX)/lib/systemd/system
sysusersdir = $(DESTDIR)$(PREFIX)/lib/sysusers.d
libexecdir = $(DESTDIR)$(PREFIX)/libexec/switchboard
docdir = $(DESTDIR)$(PREFIX)/share/doc/switchboard
confdir = $(DESTDIR)$(SYSCONFDIR)/switchboard

.PHONY: static up-to-date install install-files install-config uninstall dist check-dist check-image

static:
ifeq ($(BINARY),)
	@[ -e $(BUILT) ] || echo 'The first build takes some minutes, later ones seconds.'
	@scripts/install-deps run
	@mkdir -p $(STATIC_SCRATCH) && touch $(BUILT).new
	$(STATIC_BUILD)
	@mv $(BUILT).new $(BUILT)
endif

# What install and dist take. For `sudo make install` after `make static`: nothing is built as root, who may not even
# find swift, and nothing is taken that is older than its sources. Directories count, for files may have gone.
up-to-date:
ifeq ($(BINARY),)
	@if [ -z "$${SUDO_UID:-}" ]; then \
		$(MAKE) --no-print-directory static; \
	elif ! [ -x '$(INSTALLED_BINARY)' ] || ! [ -e $(BUILT) ]; then \
		echo 'not built yet: without sudo, run make static$(if $(strip $(STATIC)),, STATIC=) first' >&2; exit 1; \
	elif [ -n "$$(find $(SOURCES) -newer $(BUILT) -print -quit)" ]; then \
		echo 'sources are newer: without sudo, run make static$(if $(strip $(STATIC)),, STATIC=) first' >&2; exit 1; \
	else \
		echo 'taking what was built before'; \
	fi
endif

# One after the other, with -j too.
install: up-to-date
	@$(MAKE) --no-print-directory install-files install-config
	@echo 'Installed. What comes next is in $(PREFIX)/share/doc/switchboard/docs/deployment.md'

# Without debugging information, which is most of the size; names for stack traces stay.
install-files:
	install -d '$(bindir)' '$(unitdir)' '$(sysusersdir)' '$(libexecdir)' '$(docdir)/docs' '$(docdir)/deploy'
	install -m 755 '$(INSTALLED_BINARY)' '$(bindir)/switchboard.new'
	strip --strip-debug '$(bindir)/switchboard.new'
	mv -f '$(bindir)/switchboard.new' '$(bindir)/switchboard'
	sed -e 's|/usr/local/|$(PREFIX)/|g' -e 's|/etc/switchboard|$(SYSCONFDIR)/switchboard|g' \
		deploy/switchboard.service > '$(unitdir)/switchboard.service'
	chmod 644 '$(unitdir)/switchboard.service'
	install -m 644 deploy/switchboard.sysusers '$(sysusersdir)/switchboard.conf'
	install -m 644 README.md CHANGELOG.md LICENSE .env.example '$(docdir)'
	install -m 644 docs/*.md docs/openapi.yaml '$(docdir)/docs'
	install -m 644 deploy/nginx.conf deploy/Caddyfile deploy/switchboard.env turn-server/turnserver.conf \
		'$(docdir)/deploy'
	install -m 755 deploy/renew-certificate '$(libexecdir)'

# Root's alone, for it will hold secrets. One that exists is left as it is.
install-config:
	install -d '$(confdir)'
	test -e '$(confdir)/switchboard.env' || install -m 600 deploy/switchboard.env '$(confdir)/switchboard.env'

uninstall:
	rm -f '$(bindir)/switchboard' '$(unitdir)/switchboard.service' '$(sysusersdir)/switchboard.conf'
	rm -rf '$(docdir)' '$(libexecdir)'
	@echo 'Left in place: $(SYSCONFDIR)/switchboard, /var/lib/switchboard and the user switchboard.'

# What `make install` puts below /usr/local, to be unpacked there. The same sources give the same bytes around the
# executable: sorted names, the time of the last commit, nobody's user id.
dist: up-to-date
	rm -rf $(DIST)/$(PACKAGE)
	$(MAKE) --no-print-directory install-files DESTDIR='$(CURDIR)/$(DIST)/$(PACKAGE)/root' PREFIX=/usr/local
	mv $(DIST)/$(PACKAGE)/root/usr/local/* $(DIST)/$(PACKAGE)/ && rm -r $(DIST)/$(PACKAGE)/root
	tar -C $(DIST) --sort=name --owner=0 --group=0 --numeric-owner \
		--mtime="@$$(git log -1 --format=%ct 2>/dev/null || date +%s)" -czf $(DIST)/$(PACKAGE).tar.gz $(PACKAGE)
	cd $(DIST) && sha256sum $(PACKAGE).tar.gz > $(PACKAGE).tar.gz.sha256
	@ls -l $(DIST)/$(PACKAGE).tar.gz

# Unpacks the tarball into an empty root directory, runs the server in it, and pairs, signals and relays there.
check-dist: dist
	@scripts/make-venv $(VENV) Tests/EndToEnd/requirements.txt
	SWITCHBOARD_DIST='$(CURDIR)/$(DIST)/$(PACKAGE).tar.gz' \
		$(VENV)/bin/python -m pytest -q Tests/EndToEnd/deploy/test_deploy_dist.py $(PYTEST_ARGS)

check-image:
	deploy/check-image

#!/bin/sh
# Installs what Tintype needs and this machine lacks, and says what it does.
#   deploy/setup.sh run     to build and run: libvips, ffmpeg, fonts, a C compiler
#   deploy/setup.sh test    that, and what the tests need: PostgreSQL
#   deploy/setup.sh bench   that, and what the benchmarks compare with: nginx, wrk
# Debian and Ubuntu by apt, macOS by brew; elsewhere it names what is missing.
set -eu

goal=${1:-run}
missing=
wishes=

need() { # need TEST PACKAGE...: the packages are wanted when the test fails
	if ! sh -c "$1" >/dev/null 2>&1; then
		shift
		missing="$missing $*"
	fi
}

font() { # font FAMILY PACKAGE: wished for where the family is missing, if the distribution has the package
	fc-list 2>/dev/null | grep -qi "$1" || wishes="$wishes $2"
}

granted() { # granted PACKAGE...: those that apt knows
	for package; do
		! apt-cache show "$package" >/dev/null 2>&1 || echo "$package"
	done
}

die() {
	echo "setup: $*" >&2
	exit 1
}

command -v go >/dev/null 2>&1 || die "Go is missing: install Go 1.26 or newer from https://go.dev/dl/ first"

case $(uname -s) in
Linux)
	command -v apt-get >/dev/null 2>&1 ||
		die "this is no Debian or Ubuntu: install libvips 8.14 or newer with headers, ffmpeg, pkg-config, a C compiler and some fonts by hand, then run 'make build'"
	need 'command -v cc' gcc libc6-dev
	need 'command -v pkg-config' pkg-config
	need 'pkg-config --exists "vips >= 8.13"' libvips-dev
	need 'pkg-config --exists pangocairo pangoft2 fontconfig' libpango1.0-dev libfontconfig-dev
	need 'command -v ffprobe' ffmpeg
	need 'command -v fc-list && fc-list | grep -qi liberation && fc-list | grep -qi dejavu' fontconfig fonts-liberation fonts-dejavu-core
	need 'fc-list | grep -qi "roboto"' fonts-roboto-unhinted
	need 'fc-list | grep -qi "open *sans"' fonts-open-sans
	font carlito fonts-crosextra-carlito
	font caladea fonts-crosextra-caladea
	font 'lato-' fonts-lato
	font montserrat fonts-montserrat
	font 'roboto *slab' fonts-roboto-slab
	font 'noto.*mono' fonts-noto-mono
	font 'pt *serif' fonts-paratype
	font vollkorn fonts-vollkorn
	font 'old *standard' fonts-oldstandard
	font lobster fonts-lobster
	need 'for c in 4e2d 3042 d55c; do fc-list ":charset=$c" | grep -q . || exit 1; done' fonts-wqy-microhei
	need 'fc-list | grep -qi emoji' fonts-noto-color-emoji
	need 'test -e /etc/ssl/certs/ca-certificates.crt' ca-certificates
	if [ "$goal" != run ]; then
		need 'ls /usr/lib/postgresql/*/bin/initdb' postgresql
		command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 ||
			die "Node.js 20 or newer with npm is missing: the official Node SDK is one of the judges"
	fi
	if [ "$goal" = bench ]; then
		need 'command -v nginx || test -x /usr/sbin/nginx' nginx-light
		need 'command -v wrk' wrk
	fi
	[ -n "$missing" ] || missing=$(granted $wishes)
	[ -n "$missing" ] || exit 0
	sudo=
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null 2>&1 || die "run as root: apt-get install" $missing
		sudo=sudo
	fi
	echo "setup: installing with apt-get:" $missing
	log=$(mktemp)
	if ! { $sudo apt-get update -q && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing $(granted $wishes); } >"$log" 2>&1; then
		tail -n 30 "$log" >&2
		die "apt-get could not install:" $missing
	fi
	rm -f "$log"
	;;
Darwin)
	command -v brew >/dev/null 2>&1 || die "Homebrew is missing: see https://brew.sh"
	need 'command -v cc' gcc
	need 'command -v pkg-config' pkg-config
	need 'pkg-config --exists "vips >= 8.13"' vips
	need 'pkg-config --exists pangocairo pangoft2 fontconfig' pango fontconfig
	need 'command -v ffprobe' ffmpeg
	if [ "$goal" != run ]; then
		need 'command -v initdb' postgresql@15
		need 'command -v node' node
	fi
	if [ "$goal" = bench ]; then
		need 'command -v nginx' nginx
		need 'command -v wrk' wrk
	fi
	[ -n "$missing" ] || exit 0
	echo "setup: installing with brew:$missing"
	brew install $missing
	;;
*)
	die "$(uname -s) is not known here: install libvips 8.14 or newer with headers, ffmpeg, pkg-config, a C compiler and some fonts by hand, then run 'make build'"
	;;
esac
echo "setup: done"

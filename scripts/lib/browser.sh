# shellcheck shell=bash
# A real browser for the test of the page: Debian's Chromium, driven by Playwright from PyPI, which brings none here.

browser_python=$root/.selfheal/browser/bin/python
playwright_version=1.65.2

ensure_browser() {
    need_packages "to test the page in a browser" chromium fonts-dejavu-core python3-venv
    [[ $("$browser_python" -m pip show playwright 2>/dev/null) == *"Version: $playwright_version"* ]] && return
    step "installing Playwright $playwright_version" install_playwright
}

install_playwright() {
    rm -rf "$root/.selfheal/browser"
    quietly /usr/bin/python3 -m venv "$root/.selfheal/browser"
    quietly "$browser_python" -m pip install --disable-pip-version-check "playwright==$playwright_version" ||
        die "Playwright could not be installed from PyPI" "its last lines are above"
}

# browser_test [PICTURES]: two browsers play through a crash of the backend that was built with the tests.
browser_test() {
    "$browser_python" Tests/Browser/two_players.py "$(swift build --show-bin-path)/gammonguru" "$@"
}

#!/bin/sh
# What the image consists of, made in three steps. The Dockerfile runs this, and so does tests/deploy/test_image.py in a clean folder.
#
#   build.sh wheels ROOT REQUIREMENTS   ROOT/venv with the locked wheels, each checked against its hash, compiled to bytecode
#   build.sh dashboard ROOT SOURCE      ROOT/app/dashboard/dist, built by npm from its lock
#   build.sh app ROOT SOURCE            ROOT/app with our packages and dbt's manifest, and the commands `zamc` and `zamc-probe`
set -eu

root=$2
python=$root/venv/bin/python

wheels() {
    python3 -m venv --without-pip "$root/venv"
    # Wheels alone: nothing is compiled here, so no compiler is needed, and pip itself stays out of the venv.
    python3 -m pip --python "$python" install --quiet --no-cache-dir --no-deps --only-binary :all: --require-hashes -r "$1"
}

dashboard() {
    # Scripts of packages stay off: nothing that is downloaded runs but the build that we call.
    (cd "$1/dashboard" && npm ci --silent --ignore-scripts && npm run --silent build)
    mkdir -p "$root/app/dashboard"
    cp -R "$1/dashboard/dist" "$root/app/dashboard/dist"
}

app() {
    mkdir -p "$root/app"
    for package in zamc resources assets_defs zamc_pipelines api cli sandbox dbt; do
        cp -R "$1/$package" "$root/app/$package"
    done
    rm -rf "$root/app/dbt/target" "$root/app/dbt/logs"
    echo "$root/app" >"$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/zamc.pth"
    program zamc 'from cli.main import main' 'main()'
    program zamc-probe "$(cat "$1/deploy/image/probe.py")" ''
    # By hash and never checked again: nobody edits an image, and the layers' times say nothing.
    "$python" -m compileall -q --invalidation-mode unchecked-hash "$root/app"
    (cd "$root/app" && HOME="${TMPDIR:-/tmp}" "$python" -m resources.dbt)
    rm -rf "$root/app/dbt/logs"
    cp "$1/deploy/image/entrypoint.sh" "$root/entrypoint.sh"
    chmod 755 "$root/entrypoint.sh"
}

# program NAME LINE LINE: a program in the venv.
program() {
    printf '#!%s\n%s\n%s\n' "$python" "$2" "$3" >"$root/venv/bin/$1"
    chmod 755 "$root/venv/bin/$1"
}

case $1 in
    wheels) wheels "$3" ;;
    dashboard) dashboard "$3" ;;
    app) app "$3" ;;
    *) echo "build.sh: unknown step $1; the steps are wheels, dashboard and app" >&2 && exit 2 ;;
esac

#!/bin/sh
# Installs the gateway into a virtual environment of its own. These are the steps of the image.
set -eu

if [ $# -ne 2 ]; then
    echo "usage: install.sh DIRECTORY SOURCE (the environment to make, this project's folder)" >&2
    exit 2
fi
directory=$1
source=$2
python=${PYTHON:-python3}

# Nothing is installed while the gateway runs, so its environment has no pip.
install() {
    "$python" -m pip --python "$directory/bin/python" --disable-pip-version-check --quiet install "$@"
}

"$python" -m venv --without-pip "$directory"
install --require-hashes --requirement "$source/requirements/gateway.txt"
install --no-deps --no-build-isolation "$source"
"$directory/bin/iflytek-spark" --version

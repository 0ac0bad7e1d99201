#!/usr/bin/env bash
# Push a folder of notebooks as the only commit of the branch "notebooks", which the launch buttons
# of the site lead to. The checkout, its index and its branches stay as they are.
# Usage: scripts/push_notebooks.sh _build/notebooks https://github.com/OWNER/NAME [REMOTE]
set -euo pipefail
[ $# -ge 2 ] && [ -d "$1/study" ] || {
  echo "[notebooks] STOPPED: give the folder that 'make notebooks' writes, and the repository's" \
    "address: scripts/push_notebooks.sh _build/notebooks https://github.com/OWNER/NAME"
  exit 1
}
address=${2%/}
commit=$(git rev-parse HEAD)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir "$place/tree"
cp -r "$1/study" "$1/solutions" "$1/instructor" LICENSE LICENSE-TEXT "$place/tree"
# What Binder installs before it opens a notebook.
echo "snnbook @ git+$address@$commit" >"$place/tree/requirements.txt"
echo "python-3.11" >"$place/tree/runtime.txt"
cat >"$place/tree/README.md" <<TEXT
# The notebooks of the book

Made from [its sources]($address) at commit $commit: do not edit them here.
\`study/\` leaves the exercises open, \`solutions/\` has them solved, \`instructor/\` has notes.
TEXT
export GIT_DIR GIT_INDEX_FILE="$place/index" GIT_WORK_TREE="$place/tree"
GIT_DIR=$(git rev-parse --absolute-git-dir)
cd "$place/tree"
git add --all --force .
made=$(git commit-tree -m "Notebooks of $commit" "$(git write-tree)")
git push --quiet --force "${3:-origin}" "$made:refs/heads/notebooks"
echo "[notebooks] pushed $made to the branch notebooks"

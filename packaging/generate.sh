#!/bin/sh
# generate.sh PROGRAM FOLDER: the manual page and the completions, as the program itself knows them.
set -eu
program=$1 folder=$2
mkdir -p "$folder"
"$program" completion bash >"$folder/ostiary.bash"
"$program" completion zsh >"$folder/_ostiary"
"$program" completion fish >"$folder/ostiary.fish"
"$program" docs man | gzip -9n >"$folder/ostiary.1.gz.new"
mv "$folder/ostiary.1.gz.new" "$folder/ostiary.1.gz"

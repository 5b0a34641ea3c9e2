#!/usr/bin/env bash
# Builds the image of the Containerfile where no registry is at hand, and runs the main job in it as a user without rights, with a
# read-only root. The bases are made on the spot: of Debian's packages, and of this machine's .NET SDK with its cache of packages.
#   containers/try.sh [FOLDER]     needs root, buildah, debootstrap, 6 GB in the folder; five minutes
set -euo pipefail
cd "$(dirname "$0")/.."
source=$PWD
folder=${1:-$(mktemp -d)}
mkdir -p "$folder"
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs
store=(--root "$folder/store" --runroot "$folder/run")
buildah() { command buildah "${store[@]}" "$@"; }
user=1654

if [ ! -d "$folder/base/usr" ]; then
  mirror=$(grep -hoE 'https?://[^ ]+/debian/?' /etc/apt/sources.list /etc/apt/sources.list.d/* 2> /dev/null | head -1)
  debootstrap --variant=minbase --include=ca-certificates,libicu72,libssl3 bookworm "$folder/base" "$mirror" > "$folder/debootstrap.log"
fi
if ! buildah inspect --type image localhost/sdk > /dev/null 2>&1; then
  base=$(buildah from scratch)
  buildah add --quiet "$base" "$folder/base" /
  buildah commit --quiet --rm "$base" localhost/base
  sdk=$(buildah from localhost/base)
  buildah add --quiet "$sdk" "$(dirname "$(readlink -f "$(command -v dotnet)")")" /usr/share/dotnet
  buildah run "$sdk" -- ln -s /usr/share/dotnet/dotnet /usr/bin/dotnet
  buildah config --env DOTNET_CLI_TELEMETRY_OPTOUT=1 --env DOTNET_NOLOGO=1 \
    --env "NUGET_CERT_REVOCATION_MODE=${NUGET_CERT_REVOCATION_MODE:-online}" "$sdk"
  buildah commit --quiet --rm "$sdk" localhost/sdk
fi
nuget=${NUGET_PACKAGES:-$HOME/.nuget/packages}
builder=$(buildah from localhost/sdk)
home=$(buildah run "$builder" -- sh -c 'echo "$HOME"')
buildah rm "$builder" > /dev/null
buildah build --build-arg SDK=localhost/sdk --build-arg BASE=localhost/base --ignorefile .containerignore \
  --volume "$nuget:$home/.nuget/packages" --volume "$HOME/.nuget/NuGet:$home/.nuget/NuGet:ro" --volume /etc/ssl/certs:/etc/ssl/certs:ro \
  --tag localhost/largesteps .

# As it is run: a user without rights, and nothing to write to but the results and a folder for what is fleeting.
out=$(mktemp -d "$folder/out.XXXX")
chown "$user" "$out"
c=$(buildah from localhost/largesteps)
trap 'buildah rm "$c" > /dev/null' EXIT
root=$(buildah mount "$c")
mkdir -p "$root/experiment/results" "$root/experiment/configs"
mapfile -t environment < <(buildah inspect --format '{{range .OCIv1.Config.Env}}{{println .}}{{end}}' "$c" | grep =)
in_it() {
  unshare --mount bash -euc '
    root=$1 out=$2 configs=$3 user=$4; shift 4
    mount --bind "$root" "$root"; mount -o remount,ro,bind "$root"
    mount --bind /dev "$root/dev"; mount -t proc proc "$root/proc"; mount -t tmpfs tmpfs "$root/tmp"
    mount --bind "$out" "$root/experiment/results"; mount --bind "$configs" "$root/experiment/configs"
    exec chroot --userspec="$user:$user" "$root" env -i "$@"' - \
    "$root" "$out" "$source/configs" "$user" "${environment[@]}" sh -c 'cd /experiment && exec "$@"' - "$@"
}
program=$(buildah inspect --format '{{index .OCIv1.Config.Entrypoint 0}}' "$c")
[ "$(buildah inspect --format '{{.OCIv1.Config.User}}' "$c")" = "$user" ]
[ "$(in_it id -u)" = "$user" ]
if in_it touch /opt/largesteps/x 2> /dev/null; then echo "the root can be written to"; exit 1; fi
in_it "$program" configs/diagonal_sgd.yaml
in_it "$program" run configs/regression_1d.yaml --smoke
in_it "$program" run configs/resnet18_cpu.yaml --smoke --set dataset.source=shapes --set name=resnet
ls "$out"/*/report.html

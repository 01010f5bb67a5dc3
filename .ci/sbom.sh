#!/usr/bin/env bash
# What a program is linked with, as an SPDX 2.3 document: each shared library that the loader brings
# in, with the Debian package and version it is from.
#
#   .ci/sbom.sh PROGRAM > rolecall.spdx.json
set -euo pipefail
program="${1:?usage: .ci/sbom.sh PROGRAM}"
version="$("$program" --version | head -1 | sed 's/^rolecall //')"
digest="$(sha256sum "$program" | cut -d' ' -f1)"

# name, path, package, version: one library a line. The loader itself is among them, the kernel's
# own (vdso) is no file.
libraries() {
  ldd "$program" | sed -n -e 's/^\t\(.*\) => \(\/.*\) (0x.*)$/\1 \2/p' -e 's/^\t\(\/.*\) (0x.*)$/\1 \1/p' |
    while read -r name path; do
      real="$(readlink -f "$path")"
      package="$(dpkg -S "$real" 2>/dev/null | head -1 | sed 's/: .*//' || true)"
      # On a merged /usr the package may know it under its old name.
      [[ -n "$package" ]] || package="$(dpkg -S "${real#/usr}" 2>/dev/null | head -1 | sed 's/: .*//' || true)"
      [[ -n "$package" ]] || { echo "no package has $path" >&2; exit 1; }
      printf '%s\t%s\t%s\t%s\n' "$(basename "$name")" "$real" "$package" \
        "$(dpkg-query -W -f '${Version}' "$package")"
    done | LC_ALL=C sort -u
}

# The same program gives the same document.
created="$(date -u -d "@${SOURCE_DATE_EPOCH:-0}" +%Y-%m-%dT%H:%M:%SZ)"
libraries | jq -R -s --arg created "$created" --arg version "$version" --arg digest "$digest" '
  (split("\n") | map(select(. != "") | split("\t") |
    {name: .[0], path: .[1], package: .[2], version: .[3]})) as $libraries |
  def id: gsub("[^A-Za-z0-9.-]"; "-");
  {
    spdxVersion: "SPDX-2.3", dataLicense: "CC0-1.0", SPDXID: "SPDXRef-DOCUMENT",
    name: "rolecall-\($version)",
    documentNamespace: "https://spdx.org/spdxdocs/rolecall-\($version)-\($digest)",
    creationInfo: {created: $created, creators: ["Tool: rolecall .ci/sbom.sh"]},
    packages: ([{
      SPDXID: "SPDXRef-rolecall", name: "rolecall", versionInfo: $version,
      downloadLocation: "NOASSERTION", filesAnalyzed: false,
      checksums: [{algorithm: "SHA256", checksumValue: $digest}]
    }] + ($libraries | map({
      SPDXID: "SPDXRef-\(.name | id)", name: .name, versionInfo: .version,
      downloadLocation: "NOASSERTION", filesAnalyzed: false,
      sourceInfo: "Debian package \(.package)",
      externalRefs: [{referenceCategory: "PACKAGE-MANAGER", referenceType: "purl",
        referenceLocator: "pkg:deb/debian/\(.package | sub(":.*"; ""))@\(.version | @uri)"}]
    }))),
    relationships: ([{spdxElementId: "SPDXRef-DOCUMENT", relationshipType: "DESCRIBES",
      relatedSpdxElement: "SPDXRef-rolecall"}] + ($libraries | map({
      spdxElementId: "SPDXRef-rolecall", relationshipType: "DYNAMIC_LINK",
      relatedSpdxElement: "SPDXRef-\(.name | id)"})))
  }'

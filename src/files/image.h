#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "files/archive.h"

namespace ostiary::files {

// What is in a container image, as a container of it would see it: what `docker save` writes (a tar with
// manifest.json), and layouts of the OCI (image-spec 1.1, image-layout.md: index.json and blobs/), packed or
// as a folder. Layers may be packed with gzip or zstd; what a layer deletes or replaces (whiteouts,
// layer.md) is not given of those below it. Members come layer by layer, the topmost first, as
// "image.tar!/etc/app.conf"; the configuration (environment, command, labels) comes first, as
// "image.tar!/config.json". What an artifact holds besides layers (weights, say) comes under its title. Of
// several images and of several architectures each is read; a layer that they share is given once, unless one
// of them hides something of it.
//
// Limits, names and errors as with read_archive; layers count as one level with the image. Names of files in
// the upper layers are held in memory, no more than limits.members. Thread-safe.

// nullopt: it is no image, and read_archive() may read it.
std::optional<std::vector<Partial>> read_image(std::string_view bytes, std::string_view shown,
                                               const OnMember& on_member, const ArchiveLimits& limits = {},
                                               std::uint64_t* unpacked = nullptr);
// A layout in a folder, open at `folder`. Links in it are not followed.
std::vector<Partial> read_image_folder(const Fd& folder, std::string_view shown, const OnMember& on_member,
                                       const ArchiveLimits& limits = {}, std::uint64_t* unpacked = nullptr);

}  // namespace ostiary::files

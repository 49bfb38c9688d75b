#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"

namespace ostiary::gateway {

// A part of a request that is no text of its own: a picture, a sound, a document.
struct Attachment {
  enum class Kind : std::uint8_t {
    data,    // its bytes stand in the request, as base64
    remote,  // an http(s) address
    stored   // the name of a file that the service keeps
  };
  Kind kind = Kind::data;
  std::uint32_t node = 0;        // of the document: the string that holds or names it
  std::string media_type;        // that the request gives it, in lower case; empty: none
  bool whole = true;             // false: a data URL within a text
  std::size_t at = 0, size = 0;  // of the base64, in the decoded string
};

constexpr std::size_t kMostAttachments = 500;

// The attachments of a request, in its order; those over kMostAttachments are not looked for, which the size
// of the result tells. They are known by where they stand (image_url, input_audio, file and file_data,
// input_image, input_file, sources of the kind base64, url and file, parts with a media type), by being data
// URLs (RFC 2397), also within texts, and by how base64 of a known format begins. Linear; a request without
// any costs one walk over its values.
std::vector<Attachment> find_attachments(const json::Document& request);

// What an attachment's base64 says; reads both alphabets of RFC 4648 and passes over what belongs to neither.
// `clean`: nothing was passed over but line breaks, and the padding fits.
struct Decoded {
  std::string bytes;
  bool clean = true;
};
Decoded decode_attachment(const json::Document& request, const Attachment& attachment);

}  // namespace ostiary::gateway

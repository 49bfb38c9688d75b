#include "gateway/attachments.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <initializer_list>

#include "base/text.h"

namespace ostiary::gateway {

namespace {

constexpr std::string_view kBase64 = ";base64,";
constexpr std::size_t kLongestHead = 256;  // of a data URL, before its comma

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

// 0 to 63; 64: a blank; 65: anything else.
constexpr std::array<std::uint8_t, 256> kSixBits = [] {
  std::array<std::uint8_t, 256> out{};
  out.fill(65);
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < letters.size(); ++i)
    out[static_cast<unsigned char>(letters[i])] = static_cast<std::uint8_t>(i);
  out['-'] = 62, out['_'] = 63;
  for (const char c : {' ', '\t', '\r', '\n'}) out[static_cast<unsigned char>(c)] = 64;
  return out;
}();

// How base64 begins of formats that hold no plain text.
bool begins_as_known(std::string_view base64) {
  constexpr std::size_t looked_at = 64;
  constexpr std::array<std::string_view, 18> known = {
      "JVBERi0", "iVBORw0KGgo", "/9j/",   "R0lGODdh", "R0lGODlh", "UEsDB",   "UklGR",  "H4sI",  "0M8R4KGxGuE",
      "T2dnU",   "SUQz",        "f0VMRg", "N3q8ryc",  "UmFyIRo",  "/Td6WFo", "KLUv/Q", "QlpoO", "GkXfo"};
  if (base64.size() < looked_at) return false;
  const auto head = base64.substr(0, looked_at);
  return std::ranges::any_of(known, [&](auto begin) { return head.starts_with(begin); }) &&
         std::ranges::all_of(head, [](char c) { return kSixBits[static_cast<unsigned char>(c)] <= 64; });
}

// The head of a data URL that ends before `comma`, without "data:"; nothing where it is none.
std::string_view data_head(std::string_view text, std::size_t comma) {
  const auto from = comma < kLongestHead ? 0 : comma - kLongestHead;
  const auto head = text.substr(from, comma - from);
  for (auto at = head.rfind(':'); at != std::string_view::npos && at >= 4; at = head.rfind(':', at - 1))
    if (text::iequals(head.substr(at - 4, 4), "data")) return head.substr(at + 1);
  return {};
}

// "image/png" of "image/png;name=x"; empty where it is no such word.
std::string media_type_of(std::string_view said) {
  auto type = text::lower(text::trim(said.substr(0, said.find(';'))));
  const bool usual =
      type.size() <= 100 && std::ranges::all_of(type, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || std::string_view("/.+-").contains(c);
      });
  return usual ? type : std::string();
}

class Search {
 public:
  explicit Search(const json::Document& request)
      : request_(request),
        // Escapes may hide the words.
        any_urls_(::memmem(request.text().data(), request.text().size(), "base64", 6) != nullptr ||
                  request.text().contains("\\u")) {}
  std::vector<Attachment> all() {
    const auto& nodes = request_.nodes();
    for (std::uint32_t i = 1; i < nodes.size() && out_.size() <= kMostAttachments; ++i)
      if (nodes[i].type == json::Type::string) look_at(json::Value(&request_, i));
    return std::move(out_);
  }

 private:
  using Kind = Attachment::Kind;

  void look_at(json::Value value) {
    const auto raw = value.raw();
    const bool long_enough = raw.size() > kBase64.size() + 2;
    const auto key = value.node().key_escaped ? value.key() : std::string(value.key_raw());
    if (long_enough && (any_urls_ || begins_as_known(raw.substr(1, raw.size() - 2)) || is_data(value, key))) {
      const auto said = value.as_string(scratch_).value_or("");
      if (any_urls_ && data_urls(value, said)) return;
      if (is_data(value, key) || begins_as_known(said))
        return add({Kind::data, value.index(), declared(value.parent()), true, 0, said.size()});
    }
    if (is_stored(value, key) && raw.size() > 2)
      return add({Kind::stored, value.index(), declared(value.parent()), true, 0, 0});
    if (is_address(value, key)) {
      const auto said = text::lower(value.as_string(scratch_).value_or("").substr(0, 8));
      if (said.contains("://")) add({Kind::remote, value.index(), declared(value.parent()), true, 0, 0});
    }
  }

  // The data URLs of a text. False: there is none.
  bool data_urls(json::Value value, std::string_view said) {
    bool any = false;
    for (std::size_t from = 0;;) {
      const auto* found = static_cast<const char*>(
          ::memmem(said.data() + from, said.size() - from, kBase64.data(), kBase64.size()));
      if (!found) return any;
      const auto comma = static_cast<std::size_t>(found - said.data());
      const auto begin = comma + kBase64.size();
      from = begin;
      const auto head = data_head(said, comma);
      if (head.data() == nullptr) continue;
      const bool whole = head.data() == said.data() + 5;
      auto end = said.size();
      if (!whole)
        for (end = begin; end < said.size() && kSixBits[static_cast<unsigned char>(said[end])] < 64;) ++end;
      if (end == begin) continue;
      any = true;
      add({Kind::data, value.index(), media_type_of(head), whole, begin, end - begin});
      from = end;
      if (whole || out_.size() > kMostAttachments) return any;
    }
  }

  static bool has_type(json::Value part) {
    for (const auto* name : {"media_type", "mime_type", "mimeType"})
      if (part[name].is_string()) return true;
    return false;
  }
  static std::string declared(json::Value part) {
    for (const auto* name : {"media_type", "mime_type", "mimeType"})
      if (const auto said = part[name].as_string()) return media_type_of(*said);
    const auto key = part.key_raw();
    if (key.contains("audio")) return "audio/" + media_type_of(part["format"].string_or("")).substr(0, 20);
    if (key.contains("image")) return "image/";
    return {};
  }
  static bool is_data(json::Value value, std::string_view key) {
    if (is_one_of(key, {"file_data", "fileData", "b64_json"})) return true;
    if (key == "blob") return has_type(value.parent());
    if (key != "data") return false;
    const auto part = value.parent();
    const auto type = part["type"].string_or("");
    if (type == "text") return false;  // a text in place
    return is_one_of(part.key_raw(), {"input_audio", "audio", "inline_data", "inlineData", "image"}) ||
           is_one_of(type, {"base64", "image", "audio", "document", "input_audio"}) || has_type(part);
  }
  static bool is_stored(json::Value value, std::string_view key) {
    if (is_one_of(key, {"file_id", "fileId", "image_file_id"})) return true;
    return value.parent().is_array() && is_one_of(value.parent().key_raw(), {"file_ids", "fileIds"});
  }
  static bool is_address(json::Value value, std::string_view key) {
    if (is_one_of(key, {"image_url", "file_url", "audio_url", "video_url", "file_uri", "fileUri"}))
      return true;
    if (key != "url") return false;
    const auto part = value.parent();
    return is_one_of(part.key_raw(), {"image_url", "audio_url", "video_url", "file_url", "file"}) ||
           (part.key_raw() == "source" && part["type"].string_or("") == "url");
  }
  void add(Attachment attachment) { out_.push_back(std::move(attachment)); }

  const json::Document& request_;
  const bool any_urls_;
  std::string scratch_;
  std::vector<Attachment> out_;
};

}  // namespace

std::vector<Attachment> find_attachments(const json::Document& request) {
  if (request.nodes().empty()) return {};
  return Search(request).all();
}

Decoded decode_attachment(const json::Document& request, const Attachment& attachment) {
  std::string scratch;
  const json::Value value(&request, attachment.node);
  const auto base64 = value.as_string(scratch).value_or("").substr(attachment.at, attachment.size);
  Decoded out;
  out.bytes.reserve(base64.size() / 4 * 3 + 3);
  std::uint32_t bits = 0;
  unsigned have = 0, padding = 0;
  for (const char c : base64) {
    const auto six = kSixBits[static_cast<unsigned char>(c)];
    if (six < 64) {
      if (padding > 0) out.clean = false;
      bits = bits << 6 | six;
      if (++have < 4) continue;
      out.bytes += static_cast<char>(bits >> 16);
      out.bytes += static_cast<char>(bits >> 8);
      out.bytes += static_cast<char>(bits);
      bits = have = 0;
    } else if (c == '=') {
      ++padding;
    } else if (six != 64 || c == ' ' || c == '\t') {
      out.clean = false;
    }
  }
  if (have == 1 || padding > 2) out.clean = false;
  if (have >= 2) out.bytes += static_cast<char>(have == 2 ? bits >> 4 : bits >> 10);
  if (have == 3) out.bytes += static_cast<char>(bits >> 2);
  return out;
}

}  // namespace ostiary::gateway
